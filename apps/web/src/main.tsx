/** Where the handset starts. */
import { render } from "preact";

const app = document.getElementById("app");
if (app === null) throw new Error("index.html has no #app");
render(<main>Sotto</main>, app);
