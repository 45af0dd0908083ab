/** The page in a real browser, under its Content-Security-Policy: a code is looked at, proposed by one person and confirmed by another. */
import chromium from '@sparticuz/chromium'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type Browser, chromium as playwright, type Page } from 'playwright-core'
import type { TestServer } from '../support/server.ts'
import { LEUKOCYTES, LOINC, type People, siteWith } from './sending.ts'

let server: TestServer
let who: People
let browser: Browser
beforeAll(async () => {
  // What a sender writes into a display is shown as text.
  ;({ server, who } = await siteWith([{ code: 'PG', name: '白血球<img src=x onerror=alert(1)>' }]))
  browser = await playwright.launch({ executablePath: await chromium.executablePath(), args: chromium.args, headless: true })
}, 120_000)
afterAll(async () => {
  await browser?.close()
  await server.stop()
})

async function enter(token: string, problems: string[]): Promise<Page> {
  const page = await browser.newPage()
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()))
  page.on('pageerror', (error) => problems.push(String(error)))
  page.on('dialog', (dialog) => {
    problems.push('a script of a display ran')
    void dialog.dismiss()
  })
  await page.goto(`${server.url}/code-mapping`)
  await page.fill('#token', token)
  await page.click('#enter button')
  return page
}

test('two people map a code', async () => {
  const problems: string[] = []
  const wang = await enter(who.wang, problems)
  await wang.waitForSelector('#codes tr')
  expect(await wang.locator('#codes tr').allInnerTexts()).toEqual([expect.stringContaining('白血球<img src=x onerror=alert(1)>')])
  expect(await wang.locator('#codes img').count()).toBe(0)
  await wang.click('#codes button')
  await wang.fill('#detail input[name=system]', LOINC)
  await wang.fill('#detail input[name=code]', LEUKOCYTES)
  await wang.click('#detail form button')
  await wang.waitForSelector('text=待确认的提案')
  // The proposer is told that he does not decide.
  await wang.click('text=确认 Confirm')
  await wang.waitForSelector('#message.error')
  expect(await wang.textContent('#message')).toContain('提出人不能确认自己的提案')
  // The refusal is an answer of 403, which the browser notes too.
  expect(problems.splice(0)).toEqual([expect.stringContaining('403')])

  const li = await enter(who.li, problems)
  await li.waitForSelector('main:not([hidden])')
  await li.selectOption('#filter select[name=state]', 'proposed')
  await li.click('#filter button')
  await li.waitForSelector('#codes tr')
  await li.click('#codes button')
  await li.click('text=确认 Confirm')
  await li.waitForSelector('text=现行对照')
  expect(await li.textContent('#detail')).toContain(LEUKOCYTES)
  // How far the re-translation has come is shown until it has ended, without another click.
  await li.waitForSelector('#jobs li:has-text("已完成")', { timeout: 30_000 })
  expect(await li.textContent('#jobs')).toContain('已更新 written 1 / 1')
  expect(problems).toEqual([])
}, 120_000)

test('the page runs its own script alone, fits a telephone, and shows nothing without a token', async () => {
  const answer = await server.call('GET', '/code-mapping')
  const policy = answer.headers.get('content-security-policy') ?? ''
  expect(policy).toContain("default-src 'none'; script-src 'self'")
  expect(policy).not.toContain('unsafe')
  expect(answer.text).not.toMatch(/<script>|<style|style=|onclick=|PG/)
  const page = await browser.newPage({ viewport: { width: 375, height: 800 } })
  await page.goto(`${server.url}/code-mapping`)
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(375)
  await page.fill('#token', 'nonsense')
  await page.click('#enter button')
  await page.waitForSelector('#message.error')
  expect(await page.locator('main').isVisible()).toBe(false)
}, 60_000)
