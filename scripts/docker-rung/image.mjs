import { startRedis } from '@holdfast/testkit/redis'
import { spawn } from 'node:child_process'
import { copyFile, mkdir, readFile, readlink } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { call } from './api.mjs'
import { Unavailable } from './unavailable.mjs'

const REPOSITORY = 'holdfast-testkit-redis'

/**
 * Makes an image of the server program of this machine, its libraries and nothing else. Answers its name.
 *
 * @param {string} host
 * @param {string} directory
 */
export async function importImage(host, directory) {
  const root = join(directory, 'image')
  const version = await fill(root)
  const image = `${REPOSITORY}:${version}`
  const changes = ['ENV PATH=/usr/bin', 'ENV LD_LIBRARY_PATH=/lib'].map(
    (change) => `changes=${encodeURIComponent(change)}`,
  )
  const tar = spawn('tar', ['-C', root, '-c', '.'], { stdio: ['ignore', 'pipe', 'inherit'] })
  await call(
    host,
    'POST',
    `/images/create?fromSrc=-&repo=${REPOSITORY}&tag=${version}&${changes.join('&')}`,
    tar.stdout,
  )
  console.log(`docker rung: imported ${image}, the server of this machine`)
  return image
}

/**
 * Removes the image, and containers of it that something has left.
 *
 * @param {string} host
 * @param {string} image
 */
export async function removeImage(host, image) {
  const filters = encodeURIComponent(JSON.stringify({ ancestor: [image] }))
  for (const { Id } of JSON.parse(await call(host, 'GET', `/containers/json?all=true&filters=${filters}`))) {
    await call(host, 'DELETE', `/containers/${Id}?force=true&v=true`)
  }
  await call(host, 'DELETE', `/images/${encodeURIComponent(image)}?force=true`)
}

/**
 * Copies what a running server has loaded: the program, its libraries and their loader.
 *
 * @param {string} root
 */
async function fill(root) {
  const options = { own: true }
  const server = await startRedis({ ...options, source: 'path' })
    .catch(() => startRedis({ ...options, source: 'apt' }))
    .catch((error) => {
      throw new Unavailable(`there is no server to make an image of: ${error.message}`)
    })
  try {
    for (const folder of ['usr/bin', 'lib', 'lib64', 'tmp']) await mkdir(join(root, folder), { recursive: true })
    const process = `/proc/${server.pid}`
    await copyFile(await readlink(`${process}/exe`), join(root, 'usr/bin/redis-server'))
    const maps = await readFile(`${process}/maps`, 'utf8')
    const libraries = new Set([...maps.matchAll(/(\/\S+\.so\S*)$/gm)].map(([, path = '']) => path))
    for (const path of libraries) {
      const name = basename(path)
      // The library is loaded as `libx.so.1`, whatever the name of the file behind that link.
      const names = new Set([name, name.replace(/(\.so\.\d+)\..*$/, '$1')])
      for (const each of names) await copyFile(path, join(root, 'lib', each))
      if (name.startsWith('ld-linux')) await copyFile(path, join(root, 'lib64', name))
    }
    return server.version
  } finally {
    await server.stop()
  }
}
