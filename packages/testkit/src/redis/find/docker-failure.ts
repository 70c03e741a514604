import { text } from 'node:stream/consumers'

/** The label that finds a container again that failed to start: Testcontainers reports nothing else of it. */
export const LABEL = 'io.holdfast.testkit.server'

/** Removes the container that failed to start, and answers what it printed. */
export async function clearFailure(id: string): Promise<string> {
  const { getContainerRuntimeClient } = await import('testcontainers')
  const { container: containers } = await getContainerRuntimeClient()
  const filters = { label: [`${LABEL}=${id}`] }
  const [found] = await containers.dockerode.listContainers({ all: true, limit: 1, filters })
  if (!found) return ''
  const container = containers.getById(found.Id)
  if (found.State === 'running') await container.kill()
  const log = found.State === 'created' ? '' : await text(await containers.logs(container))
  await container.remove({ force: true, v: true })
  return log
}
