"""The writers of the gateways: clients and their keys, requests, what is kept beside events."""
