import { wrapperCommand } from './gnu/wrapper.ts'

export default wrapperCommand('unbuffer', 'expect')
