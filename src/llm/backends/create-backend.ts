import type { Backend as BackendSettings } from '../../config/schema.ts'
import type { Backend } from '../backend.ts'
import { ollamaBackend } from './ollama.ts'
import { openaiBackend } from './openai.ts'

/** The backend that one entry of `llm.backends` describes. */
export function createBackend(settings: BackendSettings): Backend {
  switch (settings.kind) {
    case 'ollama':
      return ollamaBackend(settings.url)
    case 'openai':
      return openaiBackend(settings.url, settings.apiKey)
  }
}
