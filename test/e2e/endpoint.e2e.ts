import { once } from 'node:events'
import { stat } from 'node:fs/promises'
import { request } from 'node:http'
import { type AddressInfo, connect, createServer } from 'node:net'
import path from 'node:path'
import { expect, test } from './support/app.ts'
import { axeFindings } from './support/axe.ts'
import { chooseMenuItem } from './support/native-dialogs.ts'
import { barLine } from './support/small-store.ts'

const FIRST = Date.parse('2024-03-08T15:00:00Z')
const BARS = Array.from({ length: 30 }, (_, at) => `${barLine('2m', FIRST + at * 120_000)}\n`).join('')

/** A batch as a bot sends it. */
function post(
  url: string,
  bearer: string,
  body: string,
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${bearer}`, 'content-type': 'application/x-ndjson' }
    const sent = request(`${url}/v1/candles`, { method: 'POST', headers, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (piece: string) => {
        text += piece
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

/** Whether anything answers there. */
function listens(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}

test('H1, H2, H3: switched on in the window, a bot’s bars come into view; a new token shuts the old one out; off, nobody listens', async ({
  launch,
  stores,
}, testInfo) => {
  const store = await stores.empty()
  const userData = testInfo.outputPath('settings')
  const { app, page } = await launch({ store, view: 'chart', userData })
  const tokenFile = path.join(userData, 'endpoint-token')
  await expect(page.getByRole('button', { name: /sample/i }).first()).toBeVisible()
  await expect(stat(tokenFile)).rejects.toMatchObject({ code: 'ENOENT' })

  await chooseMenuItem(app, 'endpoint')
  const dialog = page.getByRole('dialog', { name: 'Ingest endpoint' })
  const theSwitch = dialog.getByRole('checkbox', { name: 'Take batches from bots on this machine' })
  await expect(theSwitch).not.toBeChecked()
  await expect(dialog.getByRole('button', { name: 'Copy token' })).toBeDisabled()
  await dialog.getByLabel('Port').fill('99999')
  await expect(dialog.getByText('A port is a whole number from 0 to 65535.')).toBeVisible()
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const taken = (other.address() as AddressInfo).port
  await dialog.getByLabel('Port').fill(String(taken))
  await dialog.getByLabel('Port').press('Enter')
  await theSwitch.click()
  await expect(dialog.getByRole('alert')).toContainText(`Port ${taken} of 127.0.0.1 is taken`)
  await expect(dialog.getByText('not listening')).toBeVisible()
  expect(await axeFindings(page), 'a port that is taken').toEqual([])
  await expect(page.getByText('The ingest endpoint does not listen')).toBeHidden()
  other.close()
  await dialog.getByLabel('Port').fill('0')
  await dialog.getByLabel('Port').press('Enter')
  const address = dialog.locator('code', { hasText: /^http:\/\/127\.0\.0\.1:\d+$/ })
  await expect(address).toBeVisible()
  const url = (await address.textContent()) ?? ''
  await dialog.getByRole('button', { name: 'Copy token' }).click()
  await expect(dialog.getByRole('button', { name: 'Copied' })).toBeVisible()
  const token = await app.evaluate(({ clipboard }) => clipboard.readText())
  expect(token).toMatch(/^[\w-]{43}$/)
  if (process.platform !== 'win32') expect((await stat(tokenFile)).mode & 0o777).toBe(0o600)

  expect(await post(url, 'guessed', BARS)).toMatchObject({ status: 401 })
  expect(JSON.parse((await post(url, token, BARS)).text)).toMatchObject({ accepted: 30, rejected: [] })
  await expect(dialog.getByText('30 new rows in 1 batch; 1 request refused')).toBeVisible()
  await expect(dialog.getByRole('region', { name: 'Refused requests' })).toContainText('401')
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme })
    await expect(page.locator('html')).toHaveAttribute('data-theme', colorScheme)
    expect(await axeFindings(page), colorScheme).toEqual([])
    await page.screenshot({ path: testInfo.outputPath(`endpoint-${colorScheme}.png`) })
  }
  expect(await page.content()).not.toContain(token)

  await dialog.getByRole('button', { name: 'New token' }).click()
  await expect.poll(async () => (await post(url, token, BARS)).status).toBe(401)
  await dialog.getByRole('button', { name: 'Done' }).click()
  // The first bars of an empty store: the chart takes the place of the first-run screen by itself.
  await expect(page.getByRole('region', { name: /chart/i }).or(page.locator('canvas')).first()).toBeVisible()

  await chooseMenuItem(app, 'endpoint')
  await theSwitch.click()
  await expect(dialog.getByText('off', { exact: true }).first()).toBeVisible()
  expect(await listens(url)).toBe(false)
})
