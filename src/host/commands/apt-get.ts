import { aptCommand } from './apt/command.ts'

export default aptCommand('apt-get')
