/** Where the killed bots' bars begin: a day that is long over, so that it may be compacted. */
export const LIVE_FROM = Date.parse('2024-03-08T14:30:00Z')
/** More than any run makes. */
export const ATTEMPTS = 150
