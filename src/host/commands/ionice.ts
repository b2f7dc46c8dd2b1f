import { wrapperCommand } from './gnu/wrapper.ts'

export default wrapperCommand('ionice', 'util-linux')
