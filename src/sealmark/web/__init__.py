"""The doors: the gateway for programs, the API for applications, the portal for the public."""
