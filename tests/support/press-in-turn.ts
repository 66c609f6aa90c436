import { expect, type Page } from '@playwright/test'

/** An attempt is given so long before the keys are pressed again. */
const ATTEMPT_MS = 3_000

/**
 * Presses keys that only count together when they follow each other quickly, again and again until they are understood:
 * on a busy machine the second may come too late.
 *
 * @param understood - what is to be seen then.
 */
export async function pressInTurn(
  page: Page,
  keys: readonly string[],
  understood: (options: { timeout: number }) => Promise<void>,
): Promise<void> {
  await expect(async () => {
    for (const key of keys) await page.keyboard.press(key)
    await understood({ timeout: ATTEMPT_MS })
  }).toPass()
}
