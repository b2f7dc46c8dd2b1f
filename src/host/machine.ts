import type { Persona } from '../config/persona.ts'
import {
  type ByteSource,
  type DaemonLogs,
  type Host,
  HostError,
  type HostFiles,
  type HostProcess,
  type HostSetup,
  type SpawnRequest,
} from './contract.ts'
import { checkHash } from './crypt.ts'
import { VolumeKeeper } from './files/keeper.ts'
import type { MemoryPool } from './files/memory-pool.ts'
import { Mounts } from './files/mounts.ts'
import { SourcedImage } from './files/sourced-image.ts'
import { type Disk, FilesView } from './files/view.ts'
import { VOLUME_LIMITS, Volume } from './files/volume.ts'
import { foreignProgram } from './foreign-program.ts'
import { HoneytokenMint } from './honeytokens/mint.ts'
import type { MachineModel } from './hosts.ts'
import type { ComposedImage } from './image/compose.ts'
import { buildId, elfFacts, runsOn } from './image/elf.ts'
import { Kernel } from './process/kernel.ts'
import { type Account, KernelProcess } from './process/kernel-process.ts'
import { ProcessorShare } from './process/processor.ts'
import type { Programs } from './process/programs.ts'
import { ProcessTable } from './process/table.ts'
import { SpawnedProcess } from './spawned-process.ts'
import { toText } from './text.ts'
import { Accounts, type User } from './world/accounts.ts'
import { furnishWorld } from './world/furnish.ts'
import { Diary } from './world/logs/diary.ts'
import { pidAt } from './world/logs/message.ts'
import { bootTime, HostWorld } from './world/world.ts'

/** The simulated machine of one persona as one source sees it. */
export class Machine implements Host {
  readonly persona: Persona
  readonly disk: Disk
  readonly world: HostWorld
  readonly kernel: Kernel
  readonly accounts: Accounts
  readonly #keeper: VolumeKeeper
  readonly #diary: Diary

  /** @param shared the memory of all hosts' files; the processor time of all hosts of the source */
  constructor(
    setup: HostSetup,
    source: string,
    model: MachineModel,
    now: () => number = Date.now,
    shared: { memory?: MemoryPool; processor?: ProcessorShare } = {},
  ) {
    const { persona, identity, engine, state } = setup
    this.persona = persona
    const scope = `disk ${persona.name} ${source}`
    this.#diary = new Diary(state, scope)
    const view = { source, mint: HoneytokenMint.of(setup), diary: this.#diary }
    const image = new SourcedImage(model.image.image, model.image.sourced, view)
    this.disk = { volume: new Volume(image, VOLUME_LIMITS, shared.memory), mounts: new Mounts(), now }
    this.#keeper = new VolumeKeeper(this.disk.volume, state, scope)
    const bootedAt = bootTime(persona, identity, now())
    const table = new ProcessTable(now, pidAt({ persona, bootedAt }, now()))
    this.world = new HostWorld({
      persona,
      identity,
      disk: this.disk,
      processes: table,
      bootedAt,
      chronicle: model.chronicle,
      diary: this.#diary,
    })
    this.world.hostname = persona.hostname
    this.accounts = new Accounts(this.world.files)
    this.kernel = new Kernel({
      disk: this.disk,
      world: this.world,
      table,
      engine,
      processor: shared.processor ?? new ProcessorShare(),
      programs: programsOf(model.image, persona),
      account: (user) => this.account(user),
    })
    furnishWorld(this.world)
  }

  get logs(): DaemonLogs {
    return this.world.logs
  }

  spawn(request: SpawnRequest): HostProcess {
    return new SpawnedProcess(this, request)
  }

  async run(request: SpawnRequest & { command: string }): Promise<{ stdout: Buffer; stderr: Buffer; exitCode: number }> {
    const process = this.spawn(request)
    process.stdin.end()
    const [stdout, stderr, status] = await Promise.all([collect(process.stdout), collect(process.stderr), process.exited])
    return { stdout, stderr, exitCode: status.code }
  }

  files(user: string): HostFiles {
    const account = this.kernel.account(user) ?? { uid: 65534, gid: 65534, groups: [65534] }
    return new FilesView(this.disk, { uid: account.uid, gid: account.gid, groups: account.groups, pid: undefined, cwd: '/', umask: 0o022 })
  }

  checkPassword(user: string, password: string): boolean {
    const account = this.accounts.user(user)
    if (!account) return false
    // Without an x in passwd the hash stands there itself, as attackers who edit the file know.
    const field = account.password === 'x' ? (this.accounts.shadow(user)?.password ?? '*') : account.password
    return checkHash(this.world.identity, password, field)
  }

  authorizedKeys(user: string): string[] {
    const account = this.accounts.user(user)
    if (!account) return []
    try {
      return toText(this.world.files.read(`${account.home}/.ssh/authorized_keys`))
        .split('\n')
        .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    } catch (error) {
      if (error instanceof HostError) return []
      throw error
    }
  }

  userExists(user: string): boolean {
    return this.accounts.user(user) !== undefined
  }

  account(user: string): Account | undefined {
    return accountOf(this.accounts, this.accounts.user(user))
  }

  /** Ends all that runs. */
  close(): void {
    for (const process of this.kernel.table.list()) if (process instanceof KernelProcess) process.deliver('KILL')
    this.#keeper.flush()
    this.#diary.flush()
    this.disk.volume.close()
  }

  /** Whether no session's process runs on it. */
  get isIdle(): boolean {
    return !this.kernel.table.list().some((process) => process instanceof KernelProcess)
  }
}

export function accountOf(accounts: Accounts, user: User | undefined): Account | undefined {
  return user && { user: user.name, uid: user.uid, gid: user.gid, groups: accounts.groupsOf(user) }
}

function programsOf(composed: ComposedImage, persona: Persona): Programs {
  return {
    of: (inode) => composed.programs.get(inode.content),
    foreign: (head, whole) => {
      const copy = composed.byBuildId.get(buildId(head) ?? '')
      if (copy) return copy.program
      const facts = elfFacts(head)
      return facts && runsOn(facts, persona.os.kernel.machine) ? foreignProgram(whole) : undefined
    },
  }
}

async function collect(source: ByteSource): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of source) parts.push(part)
  return Buffer.concat(parts)
}
