import { evidence } from '../../events/bytes.ts'
import type { WebResponse } from '../../http/index.ts'
import { fileName } from './admin.ts'
import { addressOf, type BlogEntry, type BlogUser } from './blog.ts'
import { signIn } from './desk.ts'
import methods from './facts/xmlrpc-methods.json' with { type: 'json' }
import { rsd, xml } from './feeds.ts'
import type { SiteContext } from './site-context.ts'
import { decodeCall, encodeFault, encodeResponse, type MethodCall, XmlRpcFormatError, type XmlRpcValue } from './xmlrpc-codec.ts'

/** Calls of one multicall that are played; the rest is counted. */
const MOST_CALLS = 500
/** Place of the user name among the parameters of a method; null = it asks for no name. */
const METHODS: ReadonlyMap<string, number | null> = new Map(Object.entries(methods))

class Fault extends Error {
  readonly code: number

  constructor(code: number, text: string) {
    super(text)
    this.code = code
  }
}

/** `/xmlrpc.php`. */
export function xmlrpcAnswer(context: SiteContext): WebResponse {
  const { request } = context
  if (request.query.has('rsd')) return rsd(context)
  if (request.method !== 'POST') {
    return {
      status: 405,
      headers: [
        ['Allow', 'POST'],
        ['Content-Type', 'text/plain;charset=UTF-8'],
      ],
      body: 'XML-RPC server accepts POST requests only.',
      dynamic: true,
    }
  }
  return xml(answerOf(context, request.body.toString('utf8')), 'text/xml')
}

function answerOf(context: SiteContext, body: string): string {
  try {
    const call = decodeCall(body)
    const calls = call.method === 'system.multicall' && Array.isArray(call.params[0]) ? call.params[0].length : 1
    const tags = calls > 1 ? ['attack:T1110.001'] : []
    context.visit.record('wordpress.xmlrpc', { method: evidence(call.method.slice(0, 256)), calls }, tags)
    return encodeResponse(new Service(context).play(call))
  } catch (error) {
    if (error instanceof XmlRpcFormatError) return encodeFault(-32700, error.message)
    if (error instanceof Fault) return encodeFault(error.code, error.message)
    throw error
  }
}

/** Plays the methods of one request. */
class Service {
  readonly #context: SiteContext
  /** Once a password was wrong, all that follow in this request are. */
  #hasFailed = false

  constructor(context: SiteContext) {
    this.#context = context
  }

  /** @throws Fault */
  play({ method, params }: MethodCall): XmlRpcValue {
    if (method === 'system.multicall') return this.#multicall(params)
    const place = METHODS.get(method)
    if (place === undefined) throw new Fault(-32601, `server error. requested method ${method} does not exist.`)
    if (place === null) return this.#open(method, params)
    if (params.length < place + 2) throw new Fault(400, 'Insufficient arguments passed to this XML-RPC method.')
    return this.#signedIn(method, params.slice(place + 2), this.#user(String(params[place]), String(params[place + 1])))
  }

  #user(name: string, password: string): BlogUser {
    const user = signIn(this.#context, 'xmlrpc', name.slice(0, 256), password.slice(0, 1024))
    if (typeof user !== 'object' || this.#hasFailed) {
      this.#hasFailed = true
      throw new Fault(403, 'Incorrect username or password.')
    }
    return user
  }

  #multicall(params: readonly XmlRpcValue[]): XmlRpcValue {
    const calls = Array.isArray(params[0]) ? params[0] : []
    return calls.slice(0, MOST_CALLS).map((call): XmlRpcValue => {
      const { methodName = '', params: inner = [] } = (typeof call === 'object' ? call : {}) as Record<string, XmlRpcValue>
      try {
        if (methodName === 'system.multicall') throw new Fault(-32600, 'Recursive calls to system.multicall are forbidden')
        return [this.play({ method: String(methodName), params: Array.isArray(inner) ? inner : [inner] })]
      } catch (error) {
        if (error instanceof Fault) return { faultCode: error.code, faultString: error.message }
        throw error
      }
    })
  }

  #open(method: string, params: readonly XmlRpcValue[]): XmlRpcValue {
    switch (method) {
      case 'system.listMethods':
        return [...METHODS.keys()]
      case 'system.getCapabilities':
        return {
          xmlrpc: { specUrl: 'http://www.xmlrpc.com/spec', specVersion: 1 },
          faults_interop: { specUrl: 'http://xmlrpc-epi.sourceforge.net/specs/rfc.fault_codes.php', specVersion: 20010516 },
          'system.multicall': { specUrl: 'http://www.xmlrpc.com/discuss/msgReader$1208', specVersion: 1 },
        }
      case 'demo.sayHello':
        return 'Hello!'
      case 'demo.addTwoNumbers':
        return Math.trunc(Number(params[0]) || 0) + Math.trunc(Number(params[1]) || 0)
      case 'mt.supportedMethods':
        return [...METHODS.keys()]
      case 'pingback.ping':
        return this.#pingback(params)
      default:
        return []
    }
  }

  /** The source is never fetched. WordPress hides why a pingback failed, so every answer is the same. */
  #pingback(params: readonly XmlRpcValue[]): never {
    const [source, target] = params.map((param) => String(param).slice(0, 2048))
    this.#context.visit.record(
      'indicator',
      { kind: 'url', value: evidence(source ?? ''), how: `pingback to ${(target ?? '').slice(0, 200)}` },
      ['attack:T1498'],
    )
    throw new Fault(0, '')
  }

  #signedIn(method: string, rest: readonly XmlRpcValue[], user: BlogUser): XmlRpcValue {
    const { blog, url } = this.#context
    switch (method.replace(/^(blogger|metaWeblog|wp)\./, '')) {
      case 'getUsersBlogs':
        return [{ isAdmin: user.id === 1, url: `${url}/`, blogid: '1', blogName: blog.title, xmlrpc: `${url}/xmlrpc.php` }]
      case 'getOptions':
        return this.#options()
      case 'getUsers':
      case 'getAuthors':
        return blog.users.map(userStruct)
      case 'getUser':
      case 'getProfile':
      case 'getUserInfo':
        return userStruct(user)
      case 'getPosts':
      case 'getRecentPosts':
        return blog.posts.map((post) => postStruct(post, url))
      case 'getPost':
        return postStruct(blog.posts[0] as BlogEntry, url)
      case 'getPages':
        return blog.pages.map((page) => postStruct(page, url))
      case 'getCategories':
        return blog.categories.map(({ id, name, slug }) => ({
          categoryId: String(id),
          parentId: '0',
          description: name,
          categoryName: name,
          htmlUrl: `${url}/category/${slug}/`,
        }))
      case 'uploadFile':
      case 'newMediaObject':
        return this.#upload(rest[0])
      case 'newPost':
      case 'newPage':
        return '241'
      case 'getCommentCount':
        return { approved: '0', awaiting_moderation: 0, spam: 0, trash: 0, total_comments: 0 }
      case 'getPostTypes':
        return { post: { name: 'post', label: 'Posts' }, page: { name: 'page', label: 'Pages' } }
      default:
        return /\.(delete|edit|set|publish|new|restore)/.test(method) ? true : []
    }
  }

  #options(): XmlRpcValue {
    const { blog, url } = this.#context
    const option = (desc: string, value: string, readonly = true): XmlRpcValue => ({ desc, readonly, value })
    return {
      software_name: option('Software Name', 'WordPress'),
      software_version: option('Software Version', blog.version),
      blog_url: option('WordPress Address (URL)', url),
      home_url: option('Site Address (URL)', url),
      login_url: option('Login Address (URL)', `${url}/wp-login.php`),
      admin_url: option('The URL to the admin area', `${url}/wp-admin/`),
      template: option('Template', blog.theme.slug),
      stylesheet: option('Stylesheet', blog.theme.slug),
      blog_title: option('Site Title', blog.title, false),
      blog_tagline: option('Site Tagline', blog.tagline, false),
    }
  }

  /** What is uploaded lies in the folder of the month. WordPress refuses scripts. */
  #upload(given: XmlRpcValue | undefined): XmlRpcValue {
    const { name = '', type = '', bits = '' } = (typeof given === 'object' ? given : {}) as Record<string, XmlRpcValue>
    const bytes = Buffer.isBuffer(bits) ? bits : Buffer.from(String(bits))
    const { visit, folder, url } = this.#context
    const { sha256 } = visit.capture(bytes, { how: 'wordpress.xmlrpc', name: evidence(String(name).slice(0, 512)) })
    const file = fileName(String(name)).replaceAll('/', '-')
    if (file === '' || /\.(php\d?|phtml|phar|html?|js|svg)$/i.test(file)) {
      throw new Fault(500, `Could not write file ${String(name).slice(0, 200)} (Sorry, you are not allowed to upload this file type.).`)
    }
    const path = `/wp-content/uploads/${new Date().toISOString().slice(0, 7).replace('-', '/')}/${file}`
    folder.write(path, bytes)
    visit.record('wordpress.upload', { path: evidence(path), by: 'xmlrpc', sha256 })
    return { attachment_id: '242', title: file, url: url + path, file, type: String(type).slice(0, 100), id: '242' }
  }
}

function userStruct({ id, login, name, email }: BlogUser): XmlRpcValue {
  return {
    user_id: String(id),
    username: login,
    first_name: '',
    last_name: '',
    display_name: name,
    nicename: login,
    email,
    roles: [id === 1 ? 'administrator' : 'author'],
  }
}

function postStruct(post: BlogEntry, url: string): XmlRpcValue {
  return {
    post_id: String(post.id),
    post_title: post.title,
    post_date: new Date(post.at),
    post_status: 'publish',
    post_type: 'post',
    post_name: post.slug,
    post_author: String(post.author.id),
    post_content: post.text.join('\n\n'),
    link: url + addressOf(post),
  }
}
