/** Decodes text that has one character per byte. */
export const utf8 = (latin1: string): string => Buffer.from(latin1, 'latin1').toString('utf8')

/** The reverse of `utf8`. */
export const latin1 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1')
