import { type ExecFileException, execFile } from 'node:child_process'

export interface Ran {
  code: number
  stdout: string
  stderr: string
}

/** Runs a client to its end; a status other than 0 is an answer, not an error. Output is one character a byte. */
export function ran(file: string, args: readonly string[], input?: string | Uint8Array, timeout = 40_000): Promise<Ran> {
  return new Promise((resolve) => {
    const child = execFile(
      file,
      args,
      { encoding: 'latin1', maxBuffer: 64 * 1024 * 1024, timeout },
      (error: ExecFileException | null, stdout, stderr) => {
        const code = error ? (typeof error.code === 'number' ? error.code : 255) : 0
        resolve({ code, stdout, stderr })
      },
    )
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(input)
  })
}

/** What nmap -sV calls the service on a port: `ssl/imap Dovecot imapd`. */
export async function nmapNames(port: number, ...more: string[]): Promise<string> {
  const { stdout } = await ran('nmap', ['-n', '-Pn', '-sV', '-p', String(port), ...more, '127.0.0.1'], undefined, 120_000)
  return /^\d+\/(?:tcp|udp)\s+\S+\s+(.*)$/m.exec(stdout)?.[1]?.trim() ?? stdout
}
