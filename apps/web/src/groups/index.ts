/** Everything of groups that is fetched when somebody first looks at one. */
export { AddPeople } from "../screens/add-people.tsx";
export { NewGroup } from "../screens/new-group.tsx";
export { GroupSections } from "./group-sections.tsx";
