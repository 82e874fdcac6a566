import { readFileSync, renameSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import requests from '../../schemas/contract/requests.schema.json' with { type: 'json' }
import type { EndpointRequest, Preferences } from '../../schemas/generated/requests.ts'
import { writeDurably } from './durable-file.ts'

/** Where the window stood, in device-independent pixels. */
export interface WindowState {
  readonly x?: number
  readonly y?: number
  readonly width: number
  readonly height: number
  readonly maximized: boolean
  /** Chromium's logarithmic zoom level; 0 is 100%. */
  readonly zoom: number
}

interface SettingsDocument {
  readonly store?: string
  readonly window?: WindowState
  /** The ingest endpoint as it was switched; not a preference, which the page may write by itself. */
  readonly endpoint?: EndpointRequest
  readonly preferences: Preferences
}

const SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['preferences'],
  properties: {
    store: { type: 'string', minLength: 1 },
    window: {
      type: 'object',
      additionalProperties: false,
      required: ['width', 'height', 'maximized', 'zoom'],
      properties: {
        x: { type: 'integer' },
        y: { type: 'integer' },
        width: { type: 'integer', minimum: 1 },
        height: { type: 'integer', minimum: 1 },
        maximized: { type: 'boolean' },
        zoom: { type: 'number', minimum: -10, maximum: 10 },
      },
    },
    endpoint: { $ref: 'requests.schema.json#/$defs/EndpointRequest' },
    preferences: { $ref: 'requests.schema.json#/$defs/Preferences' },
  },
} as const

const isSettings = new Ajv2020({ ownProperties: true }).addSchema(requests).compile<SettingsDocument>(SCHEMA)

/** Changes come in bursts (a resize, a scroll): written once they pause. */
const WRITE_DELAY = 400

export interface SettingsOptions {
  /** A screenshot run reads what is kept but leaves no trace. */
  readonly readOnly?: boolean
  /** Told of a broken file and of a write that failed: neither may stop the app or pass unseen. */
  readonly onNote: (note: string, cause: unknown) => void
}

/** What survives a restart of the app: the open store, the window's place and the person's preferences. */
export class Settings {
  readonly file: string
  readonly #options: SettingsOptions
  #document: SettingsDocument
  #timer: NodeJS.Timeout | null = null

  /** Reads the file. A broken one is moved aside, named in a note, and the defaults hold. */
  constructor(file: string, options: SettingsOptions) {
    this.file = file
    this.#options = options
    this.#document = this.#load()
  }

  get store(): string | null {
    return this.#document.store ?? null
  }

  get window(): WindowState | null {
    return this.#document.window ?? null
  }

  /** Null until it was switched for the first time: off. */
  get endpoint(): EndpointRequest | null {
    return this.#document.endpoint ?? null
  }

  get preferences(): Preferences {
    return this.#document.preferences
  }

  rememberStore(path: string): void {
    this.#change({ ...this.#document, store: path })
  }

  rememberWindow(window: WindowState): void {
    this.#change({ ...this.#document, window })
  }

  rememberEndpoint(endpoint: EndpointRequest): void {
    this.#change({ ...this.#document, endpoint })
  }

  /** Merges into what is kept; a preference that isn't named stays. */
  mergePreferences(changed: Preferences): void {
    this.#change({ ...this.#document, preferences: { ...this.#document.preferences, ...changed } })
  }

  /** Writes what waits, at once; for the end of the process. */
  flush(): void {
    if (this.#timer === null) return
    clearTimeout(this.#timer)
    this.#timer = null
    try {
      writeDurably(this.file, `${JSON.stringify(this.#document, null, 2)}\n`, 0o600)
    } catch (cause) {
      this.#options.onNote(`The settings could not be saved to ${this.file}.`, cause)
    }
  }

  #change(document: SettingsDocument): void {
    this.#document = document
    if (this.#options.readOnly) return
    this.#timer ??= setTimeout(() => this.flush(), WRITE_DELAY)
  }

  #load(): SettingsDocument {
    let text: string
    try {
      text = readFileSync(this.file, 'utf8')
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') {
        this.#options.onNote(`The settings in ${this.file} could not be read; the defaults are used.`, cause)
      }
      return { preferences: {} }
    }
    try {
      const document: unknown = JSON.parse(text)
      if (isSettings(document)) return document
      this.#moveAside(
        isSettings.errors?.map(({ instancePath, message }) => `${instancePath} ${message}`).join('; '),
      )
    } catch (cause) {
      this.#moveAside(cause)
    }
    return { preferences: {} }
  }

  #moveAside(reason: unknown): void {
    if (this.#options.readOnly) {
      this.#options.onNote(`The settings in ${this.file} are broken; the defaults are used.`, reason)
      return
    }
    const aside = `${this.file}.broken-${new Date().toISOString().replaceAll(/[:.]/g, '')}`
    try {
      renameSync(this.file, aside)
      this.#options.onNote(`The settings were broken: moved to ${aside}, the defaults are used.`, reason)
    } catch (cause) {
      this.#options.onNote(`The settings in ${this.file} are broken and could not be moved aside.`, cause)
    }
  }
}
