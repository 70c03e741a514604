import 'reflect-metadata'
import { Module, type ModuleMetadata } from '@nestjs/common'
import { type INestApplicationContext } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'

/** An application without servers, which is closed when disposed. Nest throws its mistakes instead of ending the process. */
export async function startApp(metadata: ModuleMetadata): Promise<INestApplicationContext & AsyncDisposable> {
  const app = await NestFactory.createApplicationContext(rootModule(metadata), { logger: false, abortOnError: false })
  return Object.assign(app, { [Symbol.asyncDispose]: () => app.close() })
}

export function rootModule(metadata: ModuleMetadata): new () => object {
  class AppModule {}
  Module(metadata)(AppModule)
  return AppModule
}

/** A promise, and how to settle it. */
export function gate(): { opened: Promise<void>; open(): void } {
  let open = (): void => {}
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { opened, open: () => open() }
}
