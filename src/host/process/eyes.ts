import type { Viewpoint } from '../files/view.ts'
import { type CapabilitySets, capabilitiesOf } from '../world/capabilities.ts'

interface Ids {
  readonly uid: number
  readonly gid: number
  readonly groups: readonly number[]
}

/** What of a process counts when it looks at files. */
interface Looker {
  readonly pid: number
  readonly account: Ids & { readonly outside?: Ids }
  readonly cwd: string
  readonly umask: number
  readonly root: string
  readonly bounding: bigint
  readonly fileCapabilities: CapabilitySets | undefined
  readonly session: { readonly onWrite: NonNullable<Viewpoint['onWrite']> }
}

/** How a process looks at the disk. A user namespace changes who it is, not what it may do. */
export class Eyes implements Viewpoint {
  readonly #process: Looker

  constructor(process: Looker) {
    this.#process = process
  }

  get uid(): number {
    return (this.#process.account.outside ?? this.#process.account).uid
  }

  get gid(): number {
    return (this.#process.account.outside ?? this.#process.account).gid
  }

  get groups(): readonly number[] {
    return (this.#process.account.outside ?? this.#process.account).groups
  }

  get inside(): Looker['account'] | undefined {
    return this.#process.account.outside && this.#process.account
  }

  get effective(): bigint {
    const { bounding, fileCapabilities } = this.#process
    return capabilitiesOf({ uid: this.uid, bounding, fileCapabilities }).effective
  }

  get pid(): number {
    return this.#process.pid
  }

  get cwd(): string {
    return this.#process.cwd
  }

  get umask(): number {
    return this.#process.umask
  }

  get root(): string {
    return this.#process.root
  }

  get onWrite(): NonNullable<Viewpoint['onWrite']> {
    return this.#process.session.onWrite
  }
}
