/** Why there is no engine here. */
export class Unavailable extends Error {}
