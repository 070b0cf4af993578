/** What a device allows itself. Spec: spec/vault.md. */

/** OPENs without an answer that are kept for each guardian; with so many the device asks it nothing more. */
export const UNOPENED_MAX = 3;
/** After so many wrong PINs in a row the device wipes itself; its guardians have burned every slot by then. */
export const WRONG_PINS_MAX = 10;
