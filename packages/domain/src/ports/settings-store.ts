import type { Settings } from '../settings.ts'

export interface SettingsStore {
  get(): Promise<Settings>
  update(changes: Partial<Settings>): Promise<Settings>
  /** Returns the instance's registration token; null when its stored form is damaged. */
  registrationToken(): Promise<string | null>
  /** Returns whether a token with this digest is the instance's registration token. */
  isRegistrationToken(digest: string): Promise<boolean>
  replaceRegistrationToken(token: string): Promise<void>
}
