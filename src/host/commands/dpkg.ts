import { dpkgCommand } from './apt/dpkg.ts'

export default dpkgCommand('dpkg')
