const hex = (text: string): Buffer => Buffer.from(text, 'hex')

export default [
  // GET /.well-known/core, in blocks of 16 bytes, with a query; PUT and DELETE; a ping; a proxy.
  hex('400101cebb2e77656c6c2d6b6e6f776e04636f7265'),
  hex('4101001978bb2e77656c6c2d6b6e6f776e04636f7265c110'),
  hex('4101001c78bb2e77656c6c2d6b6e6f776e04636f72654872743d7469636b73'),
  hex('4103000b78bc6578616d706c655f64617461ff68656c6c6f'),
  hex('4104001078b474696d65'),
  hex('4000000f'),
  hex('4101002478dd1604636f61703a2f2f3139322e302e322e312f'),
]
