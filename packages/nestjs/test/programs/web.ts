// A server that asks itself, and prints the answers: routes, guards, pipes and scopes around @Locked.
import 'reflect-metadata'
import type { AddressInfo } from 'node:net'
import type { Locker } from '@holdfast/core'
import { memoryBackend } from '@holdfast/core'
import { currentLease, HoldfastModule, InjectLocker, Locked } from '@holdfast/nestjs'
import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  Inject,
  Injectable,
  Module,
  Param,
  ParseIntPipe,
  Scope,
  SetMetadata,
  UseGuards,
} from '@nestjs/common'
import { NestFactory, Reflector } from '@nestjs/core'

const Role = (role: string): MethodDecorator => SetMetadata('role', role)

@Injectable()
class RoleGuard implements CanActivate {
  constructor(@Inject(Reflector) private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    return this.reflector.get('role', context.getHandler()) === 'user'
  }
}

@Injectable({ scope: Scope.REQUEST })
class Counter {
  count = 0

  @Locked('count')
  async next(): Promise<number> {
    return (this.count += 1)
  }
}

@Controller('invoices')
class Invoices {
  constructor(
    private readonly counter: Counter,
    @InjectLocker() private readonly locks: Locker,
  ) {}

  @Get('above/:id')
  @UseGuards(RoleGuard)
  @Role('user')
  @Locked((id: number) => `invoice ${id}`)
  async above(@Param('id', ParseIntPipe) id: number): Promise<object> {
    return { name: currentLease().name, id, count: await this.counter.next() }
  }

  @Locked((id: number) => `invoice ${id}`)
  @Get('below/:id')
  @UseGuards(RoleGuard)
  @Role('user')
  async below(@Param('id', ParseIntPipe) id: number): Promise<object> {
    return { name: currentLease().name, id, count: await this.counter.next() }
  }

  @Locked('forbidden')
  @Get('forbidden')
  @UseGuards(RoleGuard)
  @Role('nobody')
  async forbidden(): Promise<string> {
    return 'was let in'
  }

  @Get('busy')
  async busy(): Promise<unknown> {
    const lease = await this.locks.acquire('invoice 7')
    const skipped = await this.skipping(7)
    await lease.release()
    return { skipped: skipped === undefined, free: await this.skipping(7) }
  }

  @Locked((id: number) => `invoice ${id}`, { ifBusy: 'skip' })
  async skipping(id: number): Promise<number | undefined> {
    return id
  }
}

@Module({
  imports: [HoldfastModule.forRoot({ isGlobal: true, backend: memoryBackend() })],
  controllers: [Invoices],
  providers: [Counter],
})
class AppModule {}

async function main(): Promise<void> {
  const app = await NestFactory.create(AppModule, { logger: ['error'] })
  await app.listen(0, '127.0.0.1')
  const { port } = (app.getHttpServer() as { address(): AddressInfo }).address()
  for (const path of ['above/5', 'below/5', 'below/x', 'forbidden', 'busy']) {
    const response = await fetch(`http://127.0.0.1:${port}/invoices/${path}`)
    console.log(path, response.status, JSON.stringify(response.ok ? await response.json() : ''))
  }
  await app.close()
}

void main()
