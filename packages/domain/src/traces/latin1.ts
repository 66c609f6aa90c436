/** Text of bytes that were taken for one character each. */
export const utf8 = (latin1: string): string => Buffer.from(latin1, 'latin1').toString('utf8')
