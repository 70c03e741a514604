import { existsSync } from 'node:fs'
import { readdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { onPath, run } from './run.mjs'

const FORWARDING = '/proc/sys/net/ipv4/ip_forward'
const BRIDGE = 'docker0'
const CGROUPS = '/sys/fs/cgroup'
/** The traces of an engine outside of the directories that it is given. */
const PLACES = ['/etc/docker', '/opt/containerd', '/run/containerd', '/run/docker']

/** The state of this machine before an engine runs. `restore` brings it back, and names the differences. */
export async function footprint() {
  const forwarding = await readFile(FORWARDING, 'utf8')
  const policy = await forwardPolicy()
  const there = new Set(PLACES.filter((path) => existsSync(path)))
  const hadBridge = existsSync(join('/sys/class/net', BRIDGE))
  const groups = new Set(await dockerGroups())

  /** @param {string} directory */
  const restore = async (directory) => {
    await unmountBelow(directory)
    if ((await readFile(FORWARDING, 'utf8')) !== forwarding) {
      console.log('docker rung: putting ip_forward back')
      await writeFile(FORWARDING, forwarding)
    }
    if (policy !== undefined && (await forwardPolicy()) !== policy) {
      console.log(`docker rung: putting the policy of FORWARD back to ${policy}`)
      await run('iptables', ['-P', 'FORWARD', policy])
    }
    if (!hadBridge && existsSync(join('/sys/class/net', BRIDGE))) await run('ip', ['link', 'delete', BRIDGE])
    for (const path of PLACES) if (!there.has(path)) await rm(path, { recursive: true, force: true })
    for (const path of await dockerGroups()) if (!groups.has(path)) await rmdir(path).catch(() => {})
  }
  return { restore }
}

async function forwardPolicy() {
  if (!onPath('iptables')) return undefined
  const rules = await run('iptables', ['-S', 'FORWARD']).catch(() => '')
  return /^-P FORWARD (\w+)/m.exec(rules)?.[1]
}

/** The control groups of containers, which are empty when none runs: one in each hierarchy. */
async function dockerGroups() {
  const names = await readdir(CGROUPS).catch(() => [])
  const paths = [join(CGROUPS, 'docker'), ...names.map((name) => join(CGROUPS, name, 'docker'))]
  return paths.filter((path) => existsSync(path))
}

/** @param {string} directory */
async function unmountBelow(directory) {
  const mounts = (await readFile('/proc/mounts', 'utf8')).split('\n').map((line) => line.split(' ')[1] ?? '')
  for (const path of mounts.filter((mount) => mount.startsWith(`${directory}/`)).toReversed()) {
    await run('umount', ['-l', path])
  }
}
