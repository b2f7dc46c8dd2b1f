import { wrapperCommand } from './gnu/wrapper.ts'

export default wrapperCommand('taskset', 'util-linux')
