import { removalCommand } from './gnu/account-removal.ts'

export default removalCommand('deluser')
