import { expect, type Page } from '@playwright/test'

/** How long to wait for an effect before the keys are pressed again. */
const ATTEMPT_MS = 3_000

/**
 * Presses keys that work only in quick succession, repeatedly until they take effect: on a busy machine the second one
 * may come too late.
 *
 * @param understood - checks that the keys took effect.
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
