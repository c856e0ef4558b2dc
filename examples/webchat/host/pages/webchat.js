// Signing out forgets what the browser has kept of the user's chat.
document.querySelector("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.currentTarget;
  await document.querySelector("df-chat").signOut();
  form.submit();
});
