"""The API beside the gateway: applications and keys for the operator, end users and publishing for applications."""
