import type { Process } from '../command.ts'
import { Failure, gnuCommand } from './gnu/command.ts'

type Resource = 'q' | 'm' | 's'

interface Listing {
  title: string
  columns: string
}

/** What an output option shows of queues, segments and semaphores; no process of the world has any (/proc/sysvipc is empty). */
const LISTINGS: Readonly<Record<string, Readonly<Record<Resource, Listing>>>> = {
  t: {
    q: {
      title: 'Message Queues Send/Recv/Change Times',
      columns: 'msqid    owner      send                 recv                 change              ',
    },
    m: {
      title: 'Shared Memory Attach/Detach/Change Times',
      columns: 'shmid      owner      attached             detached             changed             ',
    },
    s: { title: 'Semaphore Operation/Change Times', columns: 'semid    owner      last-op                    last-changed              ' },
  },
  p: {
    q: { title: 'Message Queues PIDs', columns: 'msqid      owner      lspid      lrpid     ' },
    m: { title: 'Shared Memory Creator/Last-op PIDs', columns: 'shmid      owner      cpid       lpid      ' },
    s: { title: '', columns: '' },
  },
  c: {
    q: { title: 'Message Queues Creators/Owners', columns: 'msqid      perms      cuid       cgid       uid        gid       ' },
    m: { title: 'Shared Memory Segment Creators/Owners', columns: 'shmid      perms      cuid       cgid       uid        gid       ' },
    s: { title: 'Semaphore Arrays Creators/Owners', columns: 'semid      perms      cuid       cgid       uid        gid       ' },
  },
  a: {
    q: { title: 'Message Queues', columns: 'key        msqid      owner      perms      used-bytes   messages    ' },
    m: { title: 'Shared Memory Segments', columns: 'key        shmid      owner      perms      bytes      nattch     status      ' },
    s: { title: 'Semaphore Arrays', columns: 'key        semid      owner      perms      nsems     ' },
  },
}
const USED: Readonly<Record<Resource, string>> = {
  q: 'Messages Status --------\nallocated queues = 0\nused headers = 0\nused space = 0 bytes\n',
  m: 'Shared Memory Status --------\nsegments allocated 0\npages allocated 0\npages resident  0\npages swapped   0\nSwap performance: 0 attempts\t 0 successes\n',
  s: 'Semaphore Status --------\nused arrays = 0\nallocated semaphores = 0\n',
}
const PAGE = 4096n
const LARGEST = 2n ** 64n

export default gnuCommand({
  name: 'ipcs',
  package: 'util-linux',
  usage: ['[resource-option...] [output-option]', '-m|-q|-s -i <id>'],
  about: '\nShow information on IPC facilities.',
  short: 'mqsai:tpclubhV',
  long: {
    id: 'i',
    shmems: 'm',
    queues: 'q',
    semaphores: 's',
    all: 'a',
    time: 't',
    pid: 'p',
    creator: 'c',
    limits: 'l',
    summary: 'u',
    bytes: 'b',
    human: 'human',
  },
  async run(process, options) {
    const asked = (['q', 'm', 's'] as const).filter((resource) => options.has(resource))
    const id = options.value('i')
    if (id !== undefined && asked.length !== 1) throw new Failure('when using an ID, a single resource must be specified')
    if (id !== undefined) throw new Failure(`id ${Number(id)} not found`)
    const view = options.last('t', 'p', 'c', 'l', 'u') ?? 'a'
    for (const resource of asked.length > 0 ? asked : (['q', 'm', 's'] as const)) {
      const listing = LISTINGS[view]?.[resource]
      const text = view === 'l' ? limits(process, resource, options.has('b')) : view === 'u' ? USED[resource] : shown(listing)
      if (text !== '') await process.stdout.write(`\n------ ${text}`)
      else await process.stdout.write('\n')
    }
    await process.stdout.write('\n')
    return 0
  },
})

function shown(listing: Listing | undefined): string {
  return listing && listing.title !== '' ? `${listing.title} --------\n${listing.columns}\n` : ''
}

function limits(process: Process, resource: Resource, inBytes: boolean): string {
  const read = (name: string): bigint[] =>
    process.world.files
      .read(`/proc/sys/kernel/${name}`)
      .toString()
      .trim()
      .split(/\s+/)
      .map((word) => BigInt(word))
  const one = (name: string): bigint => read(name)[0] ?? 0n
  if (resource === 'q')
    return `Messages Limits --------\nmax queues system wide = ${one('msgmni')}\nmax size of message (bytes) = ${one('msgmax')}\ndefault max size of queue (bytes) = ${one('msgmnb')}\n`
  if (resource === 's') {
    const [perArray = 0n, wide = 0n, perCall = 0n, arrays = 0n] = read('sem')
    return `Semaphore Limits --------\nmax number of arrays = ${arrays}\nmax semaphores per array = ${perArray}\nmax semaphores system wide = ${wide}\nmax ops per semop call = ${perCall}\nsemaphore max value = 32767\n`
  }
  const unit = inBytes ? 1n : 1024n
  const whole = one('shmall') * PAGE
  const total = (whole < LARGEST ? whole / unit : LARGEST - PAGE / unit).toString()
  return `Shared Memory Limits --------\nmax number of segments = ${one('shmmni')}\nmax seg size (${inBytes ? '' : 'k'}bytes) = ${one('shmmax') / unit}\nmax total shared memory (${inBytes ? '' : 'k'}bytes) = ${total}\nmin seg size (bytes) = 1\n`
}
