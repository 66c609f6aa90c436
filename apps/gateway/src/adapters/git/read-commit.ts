import type { Commit } from '@yardmaster/domain/ports'

/** Characters of a name or an address in a commit. */
const LONGEST_NAME = 1_024

/** Sha, parents, name, address, two times and the message, separated by zero bytes, which no commit has in them. */
export const COMMIT_FORMAT = '--format=%H%x00%P%x00%an%x00%ae%x00%aI%x00%cI%x00%B'

/** Reads what git wrote in `COMMIT_FORMAT`. */
export function readCommit(bytes: Uint8Array): Commit {
  const [sha = '', parents = '', name = '', email = '', authoredAt = '', committedAt = '', ...message] = Buffer.from(
    bytes,
  )
    .toString('utf8')
    .split('\0')
  return {
    sha,
    parents: parents.split(' ').filter((parent) => parent !== ''),
    author: { name: short(name), email: short(email) },
    ...{ authoredAt, committedAt },
    // The list of commits ends each of them with a newline.
    message: message.join('').replace(/\n$/, ''),
  }
}

const short = (text: string): string => text.slice(0, LONGEST_NAME).toWellFormed()
