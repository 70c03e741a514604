// A replica with two jobs for each second. It prints each tick that is due, and each that it runs.
import 'reflect-metadata'
import { ioredisBackend } from '@holdfast/adapter-ioredis'
import { currentLease, HoldfastModule, Locked } from '@holdfast/nestjs'
import { Injectable, Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { Cron, ScheduleModule } from '@nestjs/schedule'
import { Redis } from 'ioredis'

const second = (): number => Math.floor(Date.now() / 1_000)

function tick(job: string): () => string {
  return () => {
    const name = `${job} ${second()}`
    console.log('due', name)
    return name
  }
}

@Injectable()
class Jobs {
  @Cron('* * * * * *')
  @Locked(tick('above'), { ifBusy: 'skip', minHoldMs: 30_000 })
  async above(): Promise<void> {
    console.log('ran', currentLease().name)
  }

  @Locked(tick('below'), { ifBusy: 'skip', minHoldMs: 30_000 })
  @Cron('* * * * * *')
  async below(): Promise<void> {
    console.log('ran', currentLease().name)
  }
}

@Module({
  imports: [
    ScheduleModule.forRoot(),
    HoldfastModule.forRootAsync({
      useFactory: () => {
        const redis = new Redis('redis://localhost:6379')
        redis.on('error', (error) => console.error(error.message))
        return { backend: ioredisBackend(redis), afterClose: () => redis.quit() }
      },
    }),
  ],
  providers: [Jobs],
})
class AppModule {}

async function main(): Promise<void> {
  const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error'] })
  app.enableShutdownHooks()
  console.log('ready')
}

void main()
