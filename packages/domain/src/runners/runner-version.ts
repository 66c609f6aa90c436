/**
 * Returns whether a runner reports the release `major.minor` or a later one. False for anything that is not a version:
 * such a runner gets what every runner understands.
 */
export function isAtLeast(version: string | null | undefined, major: number, minor: number): boolean {
  const [, givenMajor, givenMinor] = /^v?(\d{1,4})\.(\d{1,4})(?:\D|$)/.exec(version ?? '') ?? []
  if (givenMajor === undefined) return false
  return Number(givenMajor) > major || (Number(givenMajor) === major && Number(givenMinor) >= minor)
}
