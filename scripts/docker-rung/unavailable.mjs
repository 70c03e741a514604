/** The reason why there is no engine here. */
export class Unavailable extends Error {}
