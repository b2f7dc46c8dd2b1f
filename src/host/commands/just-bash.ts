import { Bash, type CommandName, InMemoryFs } from 'just-bash'

/** Larger inputs are refused as out of memory: these tools work in one go and cannot yield. */
const MOST_INPUT = 4 * 1024 * 1024

export interface ToolResult {
  stdout: Buffer
  stderr: string
  exitCode: number
}

/** Whether an input is small enough for {@link runTool}. */
export function fitsTool(input: Uint8Array): boolean {
  return input.length <= MOST_INPUT
}

/**
 * Runs one text tool of just-bash over bytes that the caller read from the host's files: it sees an empty file system,
 * no network and no other command. The arguments never pass a shell parser.
 */
export async function runTool(name: CommandName, args: readonly string[], stdin: Uint8Array, signal: AbortSignal): Promise<ToolResult> {
  const bash = new Bash({ fs: new InMemoryFs(), commands: [name], executionLimitProfile: 'hardened', defenseInDepth: false })
  const result = await bash.exec(name, { args: [...args], stdin: Buffer.from(stdin).toString('latin1'), stdinKind: 'bytes', signal })
  const binary = result.stdoutKind === 'bytes' || result.stdoutEncoding === 'binary'
  return { stdout: Buffer.from(result.stdout, binary ? 'latin1' : 'utf8'), stderr: result.stderr, exitCode: result.exitCode }
}
