import { ownershipCommand } from './gnu/ownership.ts'

export default ownershipCommand('chgrp')
