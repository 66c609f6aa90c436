import type { Locator, Page } from '@playwright/test'
import { expect } from './dashboard.ts'
import { pressInTurn } from './press-in-turn.ts'

export const PATCH_BYTES = 1_040_000

export const box = (page: Page): Locator => page.getByRole('log', { name: 'Log text', exact: true })
export const row = (page: Page, line: number): Locator => page.locator(`[data-line="${line}"]`)
export const textOf = (page: Page, line: number): Locator => row(page, line).locator('[data-text]')
export const follow = (page: Page): Locator => page.getByRole('button', { name: /^Follow/ })

export const start = (name: string, at: number, options = '') => `section_start:${at}:${name}${options}\r\u001b[0K`
export const end = (name: string, at: number) => `section_end:${at}:${name}\r\u001b[0K`
export const numbered = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => `n ${from + index}\n`).join('')

/** Goes to the first line: logs open at their end. */
export async function toTop(page: Page): Promise<void> {
  await pressInTurn(page, ['g', 'g'], (options) => expect(textOf(page, 1)).toBeInViewport(options))
}

/** Reads the rows on screen, top to bottom. */
export async function shownRows(page: Page): Promise<{ line: number; text: string }[]> {
  return await box(page).evaluate((element) => {
    const { top, bottom } = element.getBoundingClientRect()
    return [...element.querySelectorAll<HTMLElement>('[data-line]')]
      .filter((each) => {
        const place = each.getBoundingClientRect()
        return place.bottom > top + 1 && place.top < bottom - 1
      })
      .map((each) => ({
        line: Number(each.dataset.line),
        text: each.querySelector('[data-text]')?.textContent?.trim() ?? '',
      }))
  })
}
