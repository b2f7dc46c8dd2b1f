import { type Host, HostError } from '../../host/contract.ts'

const OWNER = 'www-data'
const MOST_BYTES = 4 * 1024 * 1024

/** The folder of the site on the simulated host: what was uploaded lies there, for the web and for every other door. */
export class SiteFolder {
  static readonly root = '/var/www/wordpress'
  readonly #host: Host

  constructor(host: Host) {
    this.#host = host
  }

  /** A file below the site, as it was uploaded. */
  read(path: string): Buffer | undefined {
    return this.#read(SiteFolder.root + path)
  }

  /** Any file of the host, with the rights of the web server. */
  readHost(path: string): Buffer | undefined {
    return this.#read(path)
  }

  /** Writes a file below the site, and its folders. @returns whether the host took it */
  write(path: string, bytes: Buffer): boolean {
    const folder = (SiteFolder.root + path).slice(0, SiteFolder.root.length + path.lastIndexOf('/'))
    return (
      attempt(() => {
        this.#makeFolders(folder)
        this.#host.files(OWNER).write(SiteFolder.root + path, bytes, 0o644)
        return true
      }) ?? false
    )
  }

  #makeFolders(folder: string): void {
    const files = this.#host.files('root')
    let at = ''
    for (const part of folder.split('/').slice(1)) {
      at += `/${part}`
      if (attempt(() => files.stat(at))) continue
      files.mkdir(at, 0o755)
      if (at.startsWith(SiteFolder.root)) files.chown(at, WEB_ID, WEB_ID)
    }
  }

  #read(path: string): Buffer | undefined {
    if (path.includes('\0') || path.endsWith('/')) return undefined
    return attempt(() => this.#host.files(OWNER).read(path))?.subarray(0, MOST_BYTES)
  }
}

/** www-data of Debian. */
const WEB_ID = 33

function attempt<T>(call: () => T): T | undefined {
  try {
    return call()
  } catch (error) {
    if (error instanceof HostError) return undefined
    throw error
  }
}
