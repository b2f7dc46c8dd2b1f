import { wrapperCommand } from './gnu/wrapper.ts'

export default wrapperCommand('chrt', 'util-linux')
