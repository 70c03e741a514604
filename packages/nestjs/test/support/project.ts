import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ts from 'typescript-6'

const here = join(import.meta.dirname, '../..')

/** Where the packages of each major of NestJS are installed. */
const NESTS = { 'NestJS 11': join(here, 'test/nest-11'), 'NestJS 12': here } as const
export type Nest = keyof typeof NESTS
export const nests = Object.keys(NESTS) as Nest[]

export type ModuleKind = 'CommonJS' | 'ES modules'

/** A folder with an application, as its user has it: `@holdfast/nestjs` as it is built, beside one version of NestJS. */
export interface Project extends Disposable {
  /** Compiles a program of `test/programs` as NestJS does, with this Redis. Answers its path. */
  compile(program: string, redisUrl?: string): string
}

export function createProject(nest: Nest, kind: ModuleKind): Project {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-nest-'))
  const installed = join(folder, 'node_modules')
  mkdirSync(join(installed, '@holdfast/nestjs'), { recursive: true })
  // A copy, because behind a link the package would find the NestJS of its own folder.
  for (const part of ['dist', 'package.json'])
    cpSync(join(here, part), join(installed, '@holdfast/nestjs', part), { recursive: true })
  const link = (name: string, from: string): void =>
    symlinkSync(join(from, 'node_modules', name), join(installed, name))
  for (const name of ['@nestjs', 'reflect-metadata', 'rxjs']) link(name, NESTS[nest])
  for (const name of ['@holdfast/core', '@holdfast/adapter-ioredis', 'ioredis']) link(name, here)
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: kind === 'CommonJS' ? 'commonjs' : 'module' }))

  return {
    compile: (program, redisUrl = '') => {
      const source = readFileSync(join(here, 'test/programs', `${program}.ts`), 'utf8')
      const { outputText } = ts.transpileModule(source.replaceAll('redis://localhost:6379', redisUrl), {
        compilerOptions: {
          target: ts.ScriptTarget.ES2022,
          module: kind === 'CommonJS' ? ts.ModuleKind.CommonJS : ts.ModuleKind.ESNext,
          experimentalDecorators: true,
          emitDecoratorMetadata: true,
        },
      })
      const file = join(folder, `${program}.js`)
      writeFileSync(file, outputText)
      return file
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}
