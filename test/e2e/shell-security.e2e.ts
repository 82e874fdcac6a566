import { expect, test } from './support/app.ts'

/** What a blocked attempt leaves in the console: provoked here on purpose. */
const BLOCKED = [/Content Security Policy/, /status of 404/, /Refused to connect/, /Failed to load resource/]

test('P4: the page has no Node, no Electron and nothing of the app but the bridge', async ({
  launch,
  stores,
}) => {
  const { app, page } = await launch({ store: await stores.empty() })
  const reach = await page.evaluate(() => ({
    names: ['process', 'require', 'module', 'global', 'Buffer', 'electron', 'ipcRenderer'].filter(
      (name) => name in window,
    ),
    bridge: Object.keys((window as unknown as { barkeep: object }).barkeep).sort(),
    origin: window.origin,
  }))
  expect(reach).toEqual({ names: [], bridge: ['call', 'importDropped', 'on'], origin: 'app://bundle' })

  const preferences = await app.evaluate(({ webContents }) => {
    const contents = webContents.getAllWebContents()[0] as unknown as {
      getLastWebPreferences(): Record<string, unknown>
    }
    const { sandbox, contextIsolation, nodeIntegration, webSecurity, webviewTag } =
      contents.getLastWebPreferences()
    return { sandbox, contextIsolation, nodeIntegration, webSecurity, webviewTag }
  })
  expect(preferences).toEqual({
    sandbox: true,
    contextIsolation: true,
    nodeIntegration: false,
    webSecurity: true,
    webviewTag: false,
  })
})

test('P4: inline scripts, frames, remote addresses and other files are out of reach', async ({
  launch,
  stores,
}) => {
  const { page } = await launch({ store: await stores.empty(), expectedTroubles: BLOCKED })
  const blocked = await page.evaluate(async () => {
    const violations: string[] = []
    const complete = new Promise<void>((resolve) => {
      document.addEventListener('securitypolicyviolation', (event) => {
        violations.push(event.effectiveDirective)
        const wanted = ['script-src-elem', 'img-src', 'frame-src', 'connect-src']
        if (wanted.every((directive) => violations.includes(directive))) resolve()
      })
    })
    const script = document.createElement('script')
    script.textContent = 'window.intruder = true'
    document.body.append(script)
    const image = document.createElement('img')
    image.src = 'https://example.org/pixel.png'
    document.body.append(image)
    const frame = document.createElement('iframe')
    frame.src = 'app://bundle/index.html'
    document.body.append(frame)
    const fetched = await Promise.allSettled([
      fetch('https://example.org/'),
      fetch('http://127.0.0.1:1/'),
      fetch('file:///etc/passwd'),
    ])
    const socket = await new Promise((resolve) => {
      const opened = new WebSocket('wss://example.org/')
      opened.onopen = () => resolve('open')
      opened.onerror = () => resolve('refused')
    }).catch(String)
    // Reports come in their own time; one that never comes is a test that times out.
    await complete
    return { intruder: 'intruder' in window, fetched: fetched.map(({ status }) => status), socket }
  })
  expect(blocked.intruder).toBe(false)
  expect(blocked.fetched).toEqual(['rejected', 'rejected', 'rejected'])
  expect(blocked.socket).not.toBe('open')
})

test('P5: app:// serves the window and nothing beside it', async ({ launch, stores }) => {
  const { page } = await launch({ store: await stores.empty(), expectedTroubles: BLOCKED })
  const answers = await page.evaluate(async () => {
    const found: Record<string, number> = {}
    for (const address of [
      '/index.html',
      'app://bundle/../../package.json',
      '/..%2f..%2fpackage.json',
      '/%2e%2e/%2e%2e/package.json',
      '/..%5c..%5cpackage.json',
      '/assets/',
      '/etc/passwd',
      '/index.html%00.png',
    ]) {
      found[address] = (await fetch(address)).status
    }
    const posted = await fetch('/index.html', { method: 'POST' })
    const headers = (await fetch('/index.html')).headers
    return {
      found,
      posted: posted.status,
      policy: headers.get('content-security-policy'),
      nosniff: headers.get('x-content-type-options'),
      type: headers.get('content-type'),
    }
  })
  const { '/index.html': page200, ...others } = answers.found
  expect(page200).toBe(200)
  expect([...new Set(Object.values(others))]).toEqual([404])
  expect(answers.posted).toBe(404)
  expect(answers.policy).toContain("default-src 'none'")
  expect(answers.policy).not.toContain('unsafe')
  expect(answers.nosniff).toBe('nosniff')
  expect(answers.type).toBe('text/html; charset=utf-8')
})

test('P4: the window stays where it is and opens no other', async ({ launch, stores }) => {
  const { app, page } = await launch({
    store: await stores.empty(),
    expectedTroubles: [/Not allowed to load local resource/],
  })
  const before = page.url()
  const opened = await page.evaluate(() => window.open('https://example.org/') !== null)
  expect(opened).toBe(false)
  for (const address of ['https://example.org/', 'app://bundle/other.html', 'file:///etc/passwd']) {
    await page.evaluate((target) => {
      const link = document.createElement('a')
      link.href = target
      document.body.append(link)
      link.click()
      link.remove()
    }, address)
    // A call that comes back proves that the page is still alive and still ours.
    await expect.poll(() => page.evaluate(() => window.origin)).toBe('app://bundle')
  }
  expect(page.url()).toBe(before)
  expect(app.windows()).toHaveLength(1)
})

test('P4: no permission is given but putting text on the clipboard', async ({ launch, stores }) => {
  const { page } = await launch({ store: await stores.empty() })
  const answers = await page.evaluate(async () => ({
    notifications: await Notification.requestPermission(),
    camera: await navigator.mediaDevices.getUserMedia({ video: true }).then(
      () => 'given',
      () => 'denied',
    ),
    reading: await navigator.clipboard.readText().then(
      () => 'given',
      () => 'denied',
    ),
  }))
  expect(answers).toEqual({ notifications: 'denied', camera: 'denied', reading: 'denied' })
})

test('P3: a bad payload and an unknown name are answered with a code', async ({ launch, stores }) => {
  const { page } = await launch({ store: await stores.empty() })
  const codes = await page.evaluate(async () => {
    type Answer = { readonly ok: boolean; readonly error?: { readonly code: string } }
    const { barkeep } = window as unknown as {
      barkeep: {
        call(name: unknown, payload?: unknown): Promise<Answer>
        on(name: unknown, f: () => void): void
      }
    }
    const ask = async (name: unknown, payload?: unknown) =>
      (await barkeep.call(name, payload)).error?.code ?? 'ok'
    const refusedEvent = (name: string) => {
      try {
        barkeep.on(name, () => {})
        return false
      } catch {
        return true
      }
    }
    return {
      asked: await Promise.all([
        ask('storeInfo', null),
        ask('viewport', { symbol: 'SPY', timeframe: '2m', from: 'yesterday', to: 0 }),
        ask('viewport', { symbol: 'SPY', timeframe: '../2m', from: 0, to: 0 }),
        ask('compact', { path: '/etc' }),
        ask('compact', new Date(0)),
        ask('compact', { toString: () => 'x' }),
        ask('storeInfo'),
        ask('__proto__', null),
        ask('constructor', null),
        ask({ toString: () => 'storeInfo' }, null),
      ]),
      events: ['__proto__', 'constructor', 'barkeep:call'].map(refusedEvent),
    }
  })
  const [known, ...refused] = codes.asked
  expect(known).toBe('ok')
  expect([...new Set(refused)]).toEqual(['BAD_REQUEST'])
  expect(codes.events).toEqual([true, true, true])
})
