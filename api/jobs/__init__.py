"""Work outside the request, durable and run on Dask."""
