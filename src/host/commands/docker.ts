import type { HostText, Process } from '../command.ts'
import { processorCount } from '../world/hardware.ts'
import { installedVersion } from '../world/packages.ts'
import { Services } from '../world/services.ts'
import { type Container, containersOf, type Image, imagesOf } from './docker/state.ts'
import { gnuCommand } from './gnu/command.ts'
import { askEngine } from './gnu/help.ts'
import { noteIndicator, resolve } from './net/target.ts'

export default gnuCommand({
  name: 'docker',
  package: 'docker-ce-cli',
  paths: ['/usr/bin/docker'],
  usage: '',
  rawArguments: true,
  applet: false,
  short: '',
  async run(process) {
    const words = process.argv.slice(1)
    while (words[0]?.startsWith('-') && !/^(-v|--version|--help)$/.test(words[0]))
      words.splice(0, /^(-H|--host|-c|--context)$/.test(words[0]) ? 2 : 1)
    const group = words[0]
    if (group === 'container' || group === 'image') words.splice(0, 2, plainVerb(group, words[1] ?? ''))
    const [verb, ...rest] = words
    const { stdout, stderr } = process
    if (verb === '--version' || verb === '-v') {
      await stdout.write(`Docker version ${version(process)}, build ${process.world.identity.hex('docker/build', 4).slice(0, 7)}\n`)
      return 0
    }
    if (verb === undefined || verb === '--help' || verb === 'help') {
      await stdout.write('\nUsage:  docker [OPTIONS] COMMAND\n\nA self-sufficient runtime for containers\n')
      return 0
    }
    const refusal = refusalOf(process)
    if (refusal) {
      await stderr.write(refusal)
      return 1
    }
    return engineVerb(process, verb, rest)
  },
})

/** `docker image ls` is `docker images`. */
function plainVerb(group: 'container' | 'image', verb: string): string {
  if (verb === 'ls' || verb === 'list') return group === 'image' ? 'images' : 'ps'
  return group === 'image' && verb === 'rm' ? 'rmi' : verb
}

function version(process: Process): string {
  const known = installedVersion(process.world, 'docker-ce-cli') ?? installedVersion(process.world, 'docker.io') ?? '20.10.24'
  return (known.replace(/^\d+:/, '').split(/[-~+]/)[0] as string) ?? known
}

function refusalOf(process: Process): string | undefined {
  const unit = Services.of(process.world).unit('docker')
  const group =
    process.world.files.stat('/etc/group') && /^docker:[^:]*:(\d+):/m.exec(process.world.files.read('/etc/group').toString('utf8'))?.[1]
  if (process.uid !== 0 && !(group && process.groups.includes(Number(group))))
    return 'permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: Get "http://%2Fvar%2Frun%2Fdocker.sock/v1.46/containers/json": dial unix /var/run/docker.sock: connect: permission denied\n'
  if (unit?.state !== 'active') return 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\n'
  return undefined
}

async function engineVerb(process: Process, verb: string, rest: readonly HostText[]): Promise<number> {
  const { stdout, stderr, world } = process
  const containers = containersOf(world)
  const operands = rest.filter((word) => !word.startsWith('-'))
  const find = (name: string): Container | undefined => containers.find((one) => one.name === name || one.id.startsWith(name))
  switch (verb) {
    case 'ps': {
      const shown = containers.filter((one) => one.running || rest.some((word) => /^-\w*a/.test(word) || word === '--all'))
      if (rest.some((word) => /^-\w*q/.test(word))) await stdout.write(shown.map((one) => `${one.id.slice(0, 12)}\n`).join(''))
      else await stdout.write(containerTable(shown, world.now()))
      return 0
    }
    case 'images': {
      const images = imagesOf(world)
      if (rest.some((word) => /^-\w*q/.test(word))) await stdout.write(images.map((one) => `${one.id.slice(0, 12)}\n`).join(''))
      else await stdout.write(imageTable(images, world.now()))
      return 0
    }
    case 'version':
      await stdout.write(
        `Client: Docker Engine - Community\n Version:           ${version(process)}\n API version:       1.46\n OS/Arch:           linux/amd64\n Context:           default\n\nServer: Docker Engine - Community\n Engine:\n  Version:          ${version(process)}\n  API version:      1.46 (minimum version 1.24)\n  OS/Arch:          linux/amd64\n  Experimental:     false\n`,
      )
      return 0
    case 'info':
      await stdout.write(
        `Client: Docker Engine - Community\n Version:    ${version(process)}\n Context:    default\n Debug Mode: false\n\nServer:\n Containers: ${containers.length}\n  Running: ${containers.filter((one) => one.running).length}\n  Paused: 0\n  Stopped: ${containers.filter((one) => !one.running).length}\n Images: ${imagesOf(world).length}\n Server Version: ${version(process)}\n Storage Driver: overlay2\n Kernel Version: ${world.persona.os.kernel.release}\n Operating System: ${world.persona.os.name} ${world.persona.os.version}\n OSType: linux\n Architecture: ${world.persona.os.kernel.machine}\n CPUs: ${processorCount(world)}\n Name: ${world.hostname}\n Docker Root Dir: /var/lib/docker\n Debug Mode: false\n`,
      )
      return 0
    case 'pull':
      if (operands[0] === undefined) {
        await stderr.write('"docker pull" requires exactly 1 argument.\nSee \'docker pull --help\'.\n')
        return 1
      }
      return pull(process, operands[0], false)
    case 'run':
    case 'create': {
      const image = imageOperand(rest)
      if (image === undefined) {
        await stderr.write(`"docker ${verb}" requires at least 1 argument.\nSee 'docker ${verb} --help'.\n`)
        return 1
      }
      noteIndicator(process, 'url', `docker://${image}`, `docker ${verb}`)
      if (imagesOf(world).some((one) => one.repository === image.split(':')[0])) return askEngine(process) ?? 0
      await stderr.write(`Unable to find image '${image.includes(':') ? image : `${image}:latest`}' locally\n`)
      return pull(process, image, true)
    }
    case 'stop':
    case 'start':
    case 'kill':
    case 'restart':
    case 'rm':
    case 'exec':
    case 'logs':
    case 'inspect': {
      const name = verb === 'exec' ? operands[0] : operands[0]
      if (name === undefined) {
        await stderr.write(`"docker ${verb}" requires at least 1 argument.\nSee 'docker ${verb} --help'.\n`)
        return 1
      }
      const found = find(name)
      if (!found) {
        await stderr.write(
          verb === 'inspect' ? `[]\nError: No such object: ${name}\n` : `Error response from daemon: No such container: ${name}\n`,
        )
        return 1
      }
      if (verb === 'stop' || verb === 'kill') found.running = false
      else if (verb === 'start' || verb === 'restart') found.running = true
      else if (verb === 'rm') {
        if (found.running && !rest.includes('-f')) {
          await stderr.write(
            `Error response from daemon: cannot remove container "/${found.name}": container is running: stop the container before removing or force remove\n`,
          )
          return 1
        }
        containers.splice(containers.indexOf(found), 1)
      } else return askEngine(process) ?? 0
      await stdout.write(`${name}\n`)
      return 0
    }
    default: {
      const answer = askEngine(process)
      if (answer) return answer
      await stderr.write(`docker: '${verb}' is not a docker command.\nSee 'docker --help'\n`)
      return 1
    }
  }
}

/** The image among the words of `docker run`. */
function imageOperand(words: readonly string[]): string | undefined {
  const flags = /^(-d|-i|-t|-it|-ti|-itd|-dit|-P|--rm|--privileged|--detach|--init|--interactive|--tty|--read-only)$/
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string
    if (!word.startsWith('-')) return word
    if (!flags.test(word) && !word.includes('=')) i++
  }
  return undefined
}

async function pull(process: Process, image: string, isRun: boolean): Promise<number> {
  const { stdout, stderr } = process
  const [, registry] = /^([\w-]+(?:\.[\w-]+)+(?::\d+)?)\//.exec(image) ?? []
  const host = registry ?? 'registry-1.docker.io'
  if (!isRun) noteIndicator(process, 'url', `docker://${image}`, 'docker pull')
  if (!image.includes(':') && !isRun) await stdout.write('Using default tag: latest\n')
  const found = await resolve(process, host.replace(/:\d+$/, ''))
  const why =
    'address' in found
      ? 'net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)'
      : `dial tcp: lookup ${host.replace(/:\d+$/, '')} on ${process.world.persona.network.dns[0] ?? '127.0.0.53'}:53: ${found.failure === 'unreachable' ? 'server misbehaving' : 'no such host'}`
  if ('address' in found) await process.sleep(15_000)
  await stderr.write(
    `${isRun ? 'docker: ' : ''}Error response from daemon: Get "https://${host}/v2/": ${why}${isRun ? ".\nSee 'docker run --help'." : ''}\n`,
  )
  return isRun ? 125 : 1
}

function ago(ms: number): string {
  const minutes = Math.floor(ms / 60_000)
  const hours = Math.round(minutes / 60)
  if (minutes < 1) return 'Less than a minute'
  if (minutes < 60) return `${minutes} minute${minutes === 1 ? '' : 's'}`
  if (hours < 48) return hours === 1 ? 'About an hour' : `${hours} hours`
  const days = Math.floor(hours / 24)
  return days < 14 ? `${days} days` : days < 60 ? `${Math.floor(days / 7)} weeks` : `${Math.floor(days / 30)} months`
}

function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] as readonly string[]).map((_, i) => Math.max(...rows.map((row) => (row[i] as string).length)))
  return rows
    .map((row) => `${row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd((widths[i] as number) + 3))).join('')}\n`)
    .join('')
}

function containerTable(containers: readonly Container[], now: number): string {
  return columns([
    ['CONTAINER ID', 'IMAGE', 'COMMAND', 'CREATED', 'STATUS', 'PORTS', 'NAMES'],
    ...containers.map((one) => [
      one.id.slice(0, 12),
      one.image,
      `"${one.command.length > 18 ? `${one.command.slice(0, 18)}…` : one.command}"`,
      `${ago(now - one.createdAt)} ago`,
      one.running ? `Up ${ago(now - one.startedAt)}` : `Exited (0) ${ago(now - one.startedAt)} ago`,
      one.running ? one.ports : '',
      one.name,
    ]),
  ])
}

function imageTable(images: readonly Image[], now: number): string {
  return columns([
    ['REPOSITORY', 'TAG', 'IMAGE ID', 'CREATED', 'SIZE'],
    ...images.map((one) => [one.repository, one.tag, one.id.slice(0, 12), `${ago(now - one.createdAt)} ago`, one.size]),
  ])
}
