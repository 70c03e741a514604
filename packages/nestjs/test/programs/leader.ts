// Holds a name until its lease ends, and says so. On SIGTERM, Nest closes the application.
import 'reflect-metadata'
import { once } from 'node:events'
import { ioredisBackend } from '@holdfast/adapter-ioredis'
import { currentLease, HoldfastModule, Locked } from '@holdfast/nestjs'
import { Injectable, Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { Redis } from 'ioredis'

@Injectable()
class Leader {
  @Locked('leader', { ttlMs: 120_000 })
  async lead(): Promise<void> {
    const { signal } = currentLease()
    console.log('leads')
    await once(signal, 'abort')
    console.log('ends', (signal.reason as { code: string }).code)
  }
}

const redis = new Redis('redis://localhost:6379')
redis.on('error', (error) => console.error(error.message))

@Module({
  imports: [HoldfastModule.forRoot({ isGlobal: true, backend: ioredisBackend(redis), afterClose: () => redis.quit() })],
  providers: [Leader],
})
class AppModule {}

async function main(): Promise<void> {
  const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error'] })
  app.enableShutdownHooks()
  await app
    .get(Leader)
    .lead()
    .catch((error: { code: string }) => console.log('rejects', error.code))
}

void main()
