import { z } from 'zod'
import { HostError } from './contract.ts'
import type { KernelProcess } from './process/kernel-process.ts'
import { toBytes } from './text.ts'
import { Accounts } from './world/accounts.ts'

const Path = z.string().min(1).max(1024)
const Text = z.string().max(64 * 1024)
const Octal = z.string().regex(/^[0-7]{3,4}$/)

/** One change that a program makes; done with its own rights, so that what it may not do does not happen. */
export const ShellOperation = z.discriminatedUnion('op', [
  z.object({ op: z.literal('write_file'), path: Path, content: Text, mode: Octal.optional() }),
  z.object({ op: z.literal('append_file'), path: Path, content: Text }),
  z.object({ op: z.literal('mkdir'), path: Path }),
  z.object({ op: z.literal('remove'), path: Path }),
  z.object({ op: z.literal('chmod'), path: Path, mode: Octal }),
  z.object({ op: z.literal('symlink'), path: Path, target: Path }),
  z.object({ op: z.literal('start_process'), command: z.string().min(1).max(500), user: z.string().max(32).optional() }),
  z.object({ op: z.literal('kill_process'), name: z.string().min(1).max(100) }),
  z.object({
    op: z.literal('add_user'),
    name: z.string().regex(/^[a-z_][a-z0-9_-]{0,31}$/),
    home: Path.optional(),
    shell: Path.optional(),
  }),
])
export type ShellOperation = z.infer<typeof ShellOperation>

/** Processes that one answer may leave behind. */
const MOST_PROCESSES = 4

/** Makes what an answer says true. What cannot be done is left out: the program's own words stand. */
export function applyOperations(process: KernelProcess, operations: readonly ShellOperation[]): void {
  let started = 0
  for (const operation of operations) {
    if (operation.op === 'start_process' && ++started > MOST_PROCESSES) continue
    try {
      apply(process, operation)
    } catch (error) {
      if (!(error instanceof HostError)) throw error
    }
  }
}

function apply(process: KernelProcess, operation: ShellOperation): void {
  const { files, world } = process
  switch (operation.op) {
    case 'write_file':
      files.write(operation.path, toBytes(operation.content))
      if (operation.mode) files.chmod(operation.path, Number.parseInt(operation.mode, 8))
      return
    case 'append_file':
      files.append(operation.path, toBytes(operation.content))
      return
    case 'mkdir':
      files.mkdir(operation.path)
      return
    case 'remove':
      if (files.lstat(operation.path).type === 'directory') files.rmdir(operation.path)
      else files.remove(operation.path)
      return
    case 'chmod':
      files.chmod(operation.path, Number.parseInt(operation.mode, 8))
      return
    case 'symlink':
      files.symlink(operation.target, operation.path)
      return
    case 'start_process':
      startProcess(process, operation)
      return
    case 'kill_process':
      for (const other of world.processes.list()) {
        if (other.comm === operation.name && other.pid !== process.pid) world.processes.signal(other.pid, 'TERM', process)
      }
      return
    case 'add_user':
      addUser(process, operation)
      return
  }
}

function startProcess(process: KernelProcess, { command, user }: Extract<ShellOperation, { op: 'start_process' }>): void {
  const account = user === undefined || process.uid !== 0 ? process.account : (process.kernel.account(user) ?? process.account)
  process.world.processes.addResident({
    argv: command.split(/\s+/),
    ppid: 1,
    uid: account.uid,
    gid: account.gid,
    rssKiB: 4096,
    vszKiB: 12_400,
    cwd: process.cwd,
  })
}

function addUser(
  process: KernelProcess,
  { name, home = `/home/${name}`, shell = '/bin/sh' }: Extract<ShellOperation, { op: 'add_user' }>,
): void {
  if (process.uid !== 0) return
  const accounts = new Accounts(process.world.files)
  if (accounts.user(name)) return
  const id = accounts.freeId('uid', 1000, 59_999)
  accounts.edit('/etc/passwd', name, `${name}:x:${id}:${id}::${home}:${shell}`)
  accounts.edit('/etc/group', name, `${name}:x:${id}:`)
  accounts.edit('/etc/shadow', name, `${name}:!:${Math.floor(process.world.now() / 86_400_000)}:0:99999:7:::`)
}
