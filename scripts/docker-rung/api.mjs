import { request } from 'node:http'

const ANSWER_MS = 60_000

/**
 * Makes a call of the Docker Engine API. Answers the body; rejects for every status that is no success.
 *
 * @param {string} host
 * @param {string} method
 * @param {string} path
 * @param {import('node:stream').Readable} [body]
 * @returns {Promise<string>}
 */
export const call = (host, method, path, body) =>
  new Promise((resolve, reject) => {
    const { protocol, pathname, hostname, port } = new URL(host)
    const where = protocol === 'unix:' ? { socketPath: pathname } : { hostname, port }
    const headers = body === undefined ? {} : { 'content-type': 'application/x-tar' }
    const asked = request({ ...where, method, path, headers, timeout: ANSWER_MS }, (response) => {
      /** @type {Buffer[]} */
      const chunks = []
      response.on('data', (chunk) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        if ((response.statusCode ?? 500) < 300) resolve(text)
        else reject(new Error(`Docker answered ${response.statusCode} to ${method} ${path}: ${text.trim()}`))
      })
    })
    asked.on('timeout', () => asked.destroy(new Error(`Docker did not answer ${method} ${path}`)))
    asked.on('error', reject)
    if (body === undefined) asked.end()
    else body.pipe(asked)
  })
