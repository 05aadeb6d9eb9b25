// The token of whoever looks: in this tab alone, until it is closed or left. Nothing else is kept anywhere.

const PLACE = "gossamer-token";

export const token = () => sessionStorage.getItem(PLACE);

export const keep = (given) => sessionStorage.setItem(PLACE, given);

export const forget = () => sessionStorage.removeItem(PLACE);

/** Whether it came from a log-in, which can be ended. A key lives on. */
export const isLogIn = () => (token() ?? "").startsWith("gsl_");
