import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import ts from 'typescript-6'
import { root } from '../../workspace.js'
import { type Block, isCode } from './blocks.js'

/** The address in a document for the Redis of the reader. */
const ADDRESS = 'redis://localhost:6379'

const TSC = join(root, 'node_modules/typescript/bin/tsc')
const DIAGNOSTIC = /^(?<file>[^\s(][^(\n]*)\((?<line>\d+),\d+\): error (?<message>TS\d+: .*(?:\n .*)*)/gm

/** The blocks of all documents as modules in a folder of their own, which see the packages of the repository. */
export interface Modules extends Disposable {
  /** The errors of TypeScript, each with its place in the document. */
  typeErrors(): string[]
  /** Compiles the block, and the blocks that it may import, to JavaScript. Answers the path of the module. */
  compile(block: Block, redisUrl?: string): Promise<string>
}

export function createModules(blocks: readonly Block[]): Modules {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-docs-'))
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction')
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')

  const code = blocks.filter(isCode)
  const sources = new Map<string, Block>()
  for (const block of code) {
    const file = join(folder, 'src', pathOf(block))
    if (sources.has(file)) throw new Error(`${block.document}:${block.line}: a second block of this name`)
    sources.set(file, block)
    write(file, moduleText(block, code))
    linkPackages(block, dirname(file))
  }

  return {
    typeErrors: () => {
      const config = join(folder, 'tsconfig.json')
      write(config, JSON.stringify({ ...compilerOptions(), files: [...sources.keys()] }))
      const { stdout, status } = spawnSync(process.execPath, [TSC, '--pretty', 'false', '--project', config], {
        encoding: 'utf8',
        cwd: folder,
      })
      const errors = [...stdout.matchAll(DIAGNOSTIC)].map(({ groups: { file = '', line = '', message = '' } = {} }) => {
        const path = join(folder, file)
        const block = sources.get(path)
        const source = readFileSync(path, 'utf8').split('\n')[Number(line) - 1]?.trim()
        const where = block === undefined ? file : `${block.document}, block of line ${block.line}`
        return `${where}: ${message}\n    ${source}`
      })
      // A fault of the configuration has no place.
      return errors.length === 0 && status !== 0 ? [stdout] : errors
    },
    compile: async (block, redisUrl = ADDRESS) => {
      const place = mkdtempSync(join(folder, 'run-'))
      const needed = code.filter((each) => each === block || (each.fileName && each.document === block.document))
      for (const each of needed) {
        const text = moduleText(each, code).replaceAll(ADDRESS, redisUrl)
        const file = join(place, toJs(pathOf(each)))
        write(file, ts.transpileModule(text, { compilerOptions: EMIT }).outputText)
        linkPackages(each, dirname(file))
      }
      return join(place, toJs(pathOf(block)))
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** The options with which programs of NestJS are compiled, whose decorators need them. */
const DECORATORS: ts.CompilerOptions = { experimentalDecorators: true, emitDecoratorMetadata: true }
const EMIT: ts.CompilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, ...DECORATORS }

/** Lets a document of a package see first the dependencies of that package. */
function linkPackages({ document }: Block, folder: string): void {
  const installed = join(root, dirname(document), 'node_modules')
  const link = join(folder, 'node_modules')
  if (document.startsWith('packages/') && existsSync(installed) && !existsSync(link))
    symlinkSync(installed, link, 'junction')
}

const toJs = (path: string): string => path.replace(/\.ts$/, '.js')

function pathOf({ document, line, language, fileName }: Block): string {
  return join(document.replaceAll('/', '_'), fileName ?? `line-${line}.${language}`)
}

function moduleText(block: Block, code: readonly Block[]): string {
  if (!block.continues) return `${block.text}\nexport {}\n`
  const setUp = code.findLast((each) => each.document === block.document && each.line < block.line && !each.continues)
  if (setUp === undefined) throw new Error(`${block.document}:${block.line}: there is no block to go on from`)
  // The lines are in braces, so that several blocks may go on from one, and a hold of a block is released at its end.
  const lines = block.text.split('\n')
  const imports = lines.filter((line) => line.startsWith('import '))
  const rest = lines.filter((line) => !line.startsWith('import '))
  return [...imports, setUp.text, '{', ...rest, '}', 'export {}', ''].join('\n')
}

function compilerOptions(): object {
  return {
    extends: join(root, 'tsconfig.base.json'),
    compilerOptions: {
      noEmit: true,
      allowJs: true,
      checkJs: true,
      // A snippet may show a variable that its reader goes on with.
      noUnusedLocals: false,
      noUnusedParameters: false,
      declaration: false,
      isolatedDeclarations: false,
      erasableSyntaxOnly: false,
      ...DECORATORS,
      types: ['node'],
      typeRoots: [join(root, 'node_modules/@types')],
    },
  }
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}
