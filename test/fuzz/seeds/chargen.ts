export default [Buffer.from('x'), Buffer.alloc(0), Buffer.from('\r\n')]
