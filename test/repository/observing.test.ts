import { pathToFileURL } from 'node:url'
import { asyncContext } from '@holdfast/core/async-context'
import { createLocker, type Lease, type Locker, type LockObserver, memoryBackend } from '@holdfast/core'
import { context, metrics, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import {
  AggregationTemporality,
  type Histogram,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import { Registry } from 'prom-client'
import { afterAll, describe, expect, test } from 'vitest'
import { blocksOf } from './docs/blocks.js'
import { createModules } from './docs/modules.js'

const blocks = blocksOf('docs/observing.md')
const modules = createModules(blocks)
afterAll(() => modules[Symbol.dispose]())

/** A module of the document, as its readers have it. */
async function moduleOf<T>(fileName: string): Promise<{ readonly lines: number; readonly exports: T }> {
  const block = blocks.find((each) => each.fileName === fileName)
  if (block === undefined) throw new Error(`docs/observing.md has no ${fileName}`)
  const url = pathToFileURL(await modules.compile(block)).href
  const code = block.text.split('\n').filter((line) => !/^(import|\/\*\*|$)/.test(line))
  return { lines: code.length, exports: (await import(/* @vite-ignore */ url)) as T }
}

const spanExporter = new InMemorySpanExporter()
trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spanExporter)] }))
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
const metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
const reader = new PeriodicExportingMetricReader({ exporter: metricExporter, exportIntervalMillis: 2 ** 30 })
metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }))
afterAll(() => reader.shutdown())

const bridge = await moduleOf<{ openTelemetry(): LockObserver }>('opentelemetry.ts')
const prom = await moduleOf<{ prometheus(registry: Registry): LockObserver }>('prometheus.ts')

/** Runs a call as a span of the caller, with the caller's name. */
const as = <T>(caller: string, call: () => Promise<T>): Promise<T> =>
  trace.getTracer('test').startActiveSpan(caller, async (span) => {
    try {
      return await call()
    } finally {
      span.end()
    }
  })

/** Each span of a lock, as `parent > name names`. */
function spans(): string[] {
  const finished = spanExporter.getFinishedSpans()
  const parentOf = ({ parentSpanContext }: ReadableSpan): string =>
    finished.find((each) => each.spanContext().spanId === parentSpanContext?.spanId)?.name ?? 'nobody'
  const shown = (span: ReadableSpan): string =>
    `${parentOf(span)} > ${span.name} ${String(span.attributes['lock.names'])}${span.status.message === undefined ? '' : `: ${span.status.message}`}`
  const found = finished.filter(({ name }) => name.startsWith('lock.')).map(shown)
  spanExporter.reset()
  return found.toSorted()
}

const locker = (observer: LockObserver): Locker =>
  createLocker({ backend: memoryBackend(), observer, context: asyncContext(), ttlMs: 1_000 })

const untilWaiting = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5))

/** Each kind of beginning and end: two failures, a wait, a hand-over, several names, re-entry, a ticket, a loss. */
async function history(locks: Locker): Promise<void> {
  const first = await as('anna', () => locks.acquire('a'))
  const second = as('ben', () => locks.acquire('a'))
  await untilWaiting()
  await as('carl', () => locks.tryAcquire('a'))
  await as('dora', () => locks.acquire('a', { signal: AbortSignal.abort() })).catch(() => {})
  await as('anna, later', () => first.release())
  const lease: Lease = await second
  const several = as('emil', () => locks.acquire(['b', 'a']))
  await untilWaiting()
  await as('ben, later', () => lease.release())
  await as('emil, later', async () => (await several).release())
  await as('fred', () => locks.request('c', () => as('gina', () => locks.request('c', () => Promise.resolve()))))
  const ticket = (await as('hugo', () => locks.acquire('d'))).ticket()
  await as('ida', () => locks.resume(ticket))
  await as('jan', () => locks.forceRelease('d'))
}

describe('the bridge to OpenTelemetry', () => {
  test('has at most 40 lines', () => expect(bridge.lines).toBeLessThanOrEqual(40))

  test('makes spans that are children of the caller of each call', async () => {
    await history(locker(bridge.exports.openTelemetry()))
    expect(spans()).toEqual(
      [
        ...['anna > lock.acquire a', 'anna > lock.hold a', 'ben > lock.acquire a', 'ben > lock.hold a'],
        ...['carl > lock.acquire a: busy', 'dora > lock.acquire a: aborted'],
        ...['emil > lock.acquire b,a', 'emil > lock.hold b,a', 'fred > lock.acquire c', 'fred > lock.hold c'],
        ...['gina > lock.acquire c', 'gina > lock.hold c', 'hugo > lock.acquire d', 'hugo > lock.hold d'],
        'ida > lock.hold d: lost',
      ].toSorted(),
    )
  })

  test('keeps metrics without the names of the locks, whose gauges come back to 0', async () => {
    await reader.forceFlush()
    const byName = new Map(
      metricExporter
        .getMetrics()
        .at(-1)
        ?.scopeMetrics.flatMap((each) => each.metrics)
        .map((each) => [each.descriptor.name, each.dataPoints]),
    )
    const values = (name: string): unknown[] =>
      (byName.get(name) ?? []).map(({ attributes, value }) => [
        ...Object.values(attributes),
        typeof value === 'number' ? value : (value as Histogram).count,
      ])
    expect(values('lock.held')).toEqual([[0]])
    expect(values('lock.waiting')).toEqual([[0]])
    expect(values('lock.failures')).toEqual([
      ['busy', 1],
      ['aborted', 1],
    ])
    expect(values('lock.acquire.duration')).toEqual([
      ['acquired', 6],
      ['busy', 1],
      ['aborted', 1],
    ])
    expect(values('lock.hold.duration')).toEqual([
      ['released', 5],
      ['handedOver', 1],
      ['lost', 1],
    ])
    const attributes = [...byName.values()].flat().flatMap((each) => Object.keys(each.attributes))
    expect(new Set(attributes)).toEqual(new Set(['lock.outcome', 'reason']))
  })
})

test('the metrics of Prometheus are the same', async () => {
  const registry = new Registry()
  await history(locker(prom.exports.prometheus(registry)))
  const lines = (await registry.metrics()).split('\n')
  const values = lines.filter((line) => /^lock_(held|waiting|failures_total|\w+_count)\b/.test(line))
  expect(values.toSorted()).toEqual(
    [
      ...['lock_held 0', 'lock_waiting 0'],
      ...['lock_failures_total{reason="busy"} 1', 'lock_failures_total{reason="aborted"} 1'],
      ...['acquired"} 6', 'busy"} 1', 'aborted"} 1'].map(
        (end) => `lock_acquire_duration_seconds_count{outcome="${end}`,
      ),
      ...['released"} 5', 'handedOver"} 1', 'lost"} 1'].map(
        (end) => `lock_hold_duration_seconds_count{outcome="${end}`,
      ),
    ].toSorted(),
  )
})
